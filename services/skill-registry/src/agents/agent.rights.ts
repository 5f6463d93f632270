import { functionNames, type AgentConfig, type FunctionName, type RefusalCode } from '@guildhall/contracts'

/** What the rules below need of a skill. */
export interface HeldSkill {
  name: string
  requiredCapabilities: readonly string[]
  /** Whether it can be carried out without a model. */
  scripted: boolean
}

/** The functions that the skills need together, in the order of `functionNames`. */
export function functionsOf(skills: readonly HeldSkill[]): FunctionName[] {
  const needed = new Set(skills.flatMap((skill) => skill.requiredCapabilities))
  return functionNames.filter((name) => needed.has(name))
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
