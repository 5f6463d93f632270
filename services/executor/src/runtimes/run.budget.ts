import type { TaskRun } from '@guildhall/contracts'
import { Budget, type BudgetLimits, type BudgetState } from '@guildhall/models'
import { RunFailure } from '../runs/run.failure.js'

/**
 * What a run may use up of models: of the operator's limits and the agent's own (`budget` in its configuration) the
 * narrower ones. A run that was taken over goes on with what is left.
 *
 * @throws RunFailure `invalid-budget`
 */
export function openBudget(request: TaskRun, operators: BudgetLimits, recorded: BudgetState | null): Budget {
  if (recorded) return Budget.resume(recorded)
  const own = request.agent.config.configuration['budget'] ?? {}
  try {
    return new Budget(narrowLimits(operators, new Budget(own).limits))
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
