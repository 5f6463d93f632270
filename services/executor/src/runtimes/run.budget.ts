import type { TaskRun } from '@guildhall/contracts'
import { Budget, type BudgetLimits, type BudgetState } from '@guildhall/models'
import { RunFailure } from '../runs/run.failure.js'

/**
 * What a run may use up of models: of the operator's limits, the tokens and dollars that the run has a right to, and the
 * agent's own (`budget` in its configuration) the narrowest. A run that was taken over goes on with what is left.
 *
 * @throws RunFailure `invalid-budget`
 */
export function openBudget(request: TaskRun, operators: BudgetLimits, recorded: BudgetState | null): Budget {
  if (recorded) return Budget.resume(recorded)
  const own = request.agent.config.configuration['budget'] ?? {}
  try {
    const { tokens, costUsd } = request.rights.budget
    const held = { ...(tokens !== undefined && { tokens }), ...(costUsd !== undefined && { costUsd }) }
    return new Budget(narrowLimits(narrowLimits(operators, held), new Budget(own).limits))
  } catch (error) {
    throw new RunFailure('invalid-budget', `the agent's budget cannot be used: ${(error as Error).message}`)
  }
}

export function narrowLimits(one: BudgetLimits, other: BudgetLimits): BudgetLimits {
  const limits: BudgetLimits = { ...one }
  for (const [name, limit] of Object.entries(other) as [keyof BudgetLimits, number | undefined][]) {
    if (limit !== undefined) limits[name] = Math.min(limit, limits[name] ?? Infinity)
  }
  return limits
}
