import type { ApprovalKind } from '@guildhall/contracts'

/** What the rules of a policy go by. */
export interface ApprovalFacts {
  kind: ApprovalKind
  taskId: string
  /** Functions that may be called if it is allowed. */
  functions: string[]
  /** Agents that it is about, by name. */
  agents: string[]
}

/**
 * Reads from what will happen which functions and agents it is about: `function`, `functions` and `agent` of a question of a
 * service, the configuration of a new agent, the candidates of a choice.
 */
export function factsOf(kind: ApprovalKind, taskId: string, subject: object): ApprovalFacts {
  const { config, candidates, ...said } = subject as Readonly<Record<string, unknown>>
  const functions = [said['function'], said['functions'], property(config, 'functions')]
  const chosen = Array.isArray(candidates) ? candidates.map((one) => nameOf(property(one, 'agent'))) : []
  const agents = [nameOf(said['agent']), property(config, 'name'), chosen]
  return { kind, taskId, functions: texts(functions), agents: texts(agents) }
}

function nameOf(agent: unknown): unknown {
  return typeof agent === 'string' ? agent : property(agent, 'name')
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}

function texts(values: readonly unknown[]): string[] {
  return [...new Set(values.flat().filter((value) => typeof value === 'string'))]
}
