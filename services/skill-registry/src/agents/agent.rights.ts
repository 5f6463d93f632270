import {
  type AgentConfig,
  type AgentGrants,
  allRights,
  type FunctionName,
  grantedRights,
  narrowRights,
  orderedFunctions,
  type RefusalCode,
  type Rights,
} from '@guildhall/contracts'

/** What the rules below need of a skill. */
export interface HeldSkill {
  name: string
  requiredCapabilities: readonly string[]
  /** Whether it can be carried out without a model. */
  scripted: boolean
}

/** The functions that the skills need together, in their one order. */
export function functionsOf(skills: readonly HeldSkill[]): FunctionName[] {
  return orderedFunctions(skills.flatMap((skill) => skill.requiredCapabilities))
}

/** The functions that the skills need and that are not granted. */
export function missingFunctions(
  skills: readonly HeldSkill[],
  granted: readonly FunctionName[],
): FunctionName[] {
  return functionsOf(skills).filter((name) => !granted.includes(name))
}

/** Whether an agent, as it is, can carry out a skill, as it is: either may have changed since the other was made. */
export function canCarryOut(config: Pick<AgentConfig, 'functions' | 'runtime'>, skill: HeldSkill): boolean {
  return (
    missingFunctions([skill], config.functions).length === 0 && (config.runtime === 'llm' || skill.scripted)
  )
}

/** What is wrong with an agent that is to be created, in words: it would lack a right, or hold one for nothing. */
export function problemOfRights(
  config: Pick<AgentConfig, 'functions' | 'runtime'>,
  skills: readonly HeldSkill[],
): { code: RefusalCode; message: string } | undefined {
  for (const skill of skills) {
    const [missing] = missingFunctions([skill], config.functions)
    if (missing) {
      const message = `the skill ${skill.name} needs ${missing}: grant it, or leave the skill out`
      return { code: 'function-missing', message }
    }
    if (config.runtime === 'script' && !skill.scripted) {
      const message = `the skill ${skill.name} has no steps that run without a model: give the agent the runtime llm`
      return { code: 'skill-not-scripted', message }
    }
  }
  const needless = config.functions.find((name) => !functionsOf(skills).includes(name))
  if (needless === undefined) return undefined
  const message = `none of the skills needs ${needless}: leave it out, an agent holds no right without a use`
  return { code: 'function-not-needed', message }
}

/**
 * What is wrong with an agent that somebody with these rights is to make, in words: it would be allowed more than its
 * maker. A budget that it does not have is bounded by the task of each run.
 */
export function problemOfExcess(
  config: Pick<AgentConfig, 'functions' | 'grants'>,
  held: Rights,
): { code: RefusalCode; message: string } | undefined {
  const asked = grantedRights({ ...config.grants, functions: config.functions })
  const { removed } = narrowRights(held, asked)
  if (removed.length === 0) return undefined
  const message = `an agent gets no more than you hold, and you do not hold: ${removed.join(', ')}`
  return { code: 'right-missing', message }
}

/** Grants in their one way of writing; what cannot be read is left out. */
export function writtenGrants(grants: AgentGrants): AgentGrants {
  const { mounts, hosts, budget } = narrowRights(allRights, grantedRights(grants)).granted
  return {
    ...(grants.mounts && { mounts }),
    ...(grants.hosts && { hosts }),
    ...(grants.budget && { budget }),
  }
}
