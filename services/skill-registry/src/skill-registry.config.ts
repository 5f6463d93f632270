import { Environment, SettingError } from '@guildhall/service-defaults'

export abstract class SkillRegistryConfig {
  /** Match score from which a skill counts as required and an agent as assigned, 0 to 1. */
  abstract readonly matchThreshold: number
}

/** GUILDHALL_MATCH_THRESHOLD (default 0.5). */
export function readSkillRegistryConfig(environment = Environment.fromProcess()): SkillRegistryConfig {
  const text = environment.optional('GUILDHALL_MATCH_THRESHOLD')
  const matchThreshold = text === undefined ? 0.5 : Number(text)
  if (!(matchThreshold >= 0 && matchThreshold <= 1)) {
    throw new SettingError(`GUILDHALL_MATCH_THRESHOLD must be a number from 0 to 1, not '${text ?? ''}'`)
  }
  return { matchThreshold }
}
