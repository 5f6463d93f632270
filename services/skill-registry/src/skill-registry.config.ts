import { Environment, SettingError } from '@guildhall/service-defaults'

export abstract class SkillRegistryConfig {
  /** Match score from which a skill counts as required and an agent as assigned, 0 to 1. */
  abstract readonly matchThreshold: number
  /** How long an agent that was hired for one task stays if nobody says that the task is over. */
  abstract readonly ephemeralTtlMs: number
}

/** GUILDHALL_MATCH_THRESHOLD (default 0.5), GUILDHALL_EPHEMERAL_TTL_MS (24 hours). */
export function readSkillRegistryConfig(environment = Environment.fromProcess()): SkillRegistryConfig {
  const text = environment.optional('GUILDHALL_MATCH_THRESHOLD')
  const matchThreshold = text === undefined ? 0.5 : Number(text)
  if (!(matchThreshold >= 0 && matchThreshold <= 1)) {
    throw new SettingError(`GUILDHALL_MATCH_THRESHOLD must be a number from 0 to 1, not '${text ?? ''}'`)
  }
  return {
    matchThreshold,
    ephemeralTtlMs: environment.integer('GUILDHALL_EPHEMERAL_TTL_MS', 24 * 3_600_000, 1_000),
  }
}
