import { type AgentConfiguration, isFunctionTier } from '@guildhall/contracts'
import { compileSchema } from '@guildhall/models'

/** What in a configuration could not be used, in words; undefined when all of it can. */
export function problemOfConfiguration(configuration: AgentConfiguration): string | undefined {
  const { tiers = {}, answerSchema } = configuration
  const [name] = Object.entries(tiers).find(([, tier]) => !isFunctionTier(tier)) ?? []
  if (name !== undefined) return `the tier of ${JSON.stringify(name)} must be allow, ask or deny`
  if (answerSchema === undefined) return undefined
  try {
    compileSchema(answerSchema)
    return undefined
  } catch (error) {
    return `answerSchema: ${(error as Error).message}`
  }
}

/** As it is kept: plain, and only with what was set. */
export function writtenConfiguration(configuration: AgentConfiguration): Record<string, unknown> {
  return JSON.parse(JSON.stringify(configuration)) as Record<string, unknown>
}
