import {
  allRights,
  delegatedTaskIdFor,
  type DelegationEnded,
  nothingUsed,
  type Rights,
  type TaskDelegate,
  type TaskRun,
} from '@guildhall/contracts'
import type { Said } from '../executor.fixture.js'
import { skill, taskRun, until } from './run.fixture.js'

/** What a run has handed on so far. */
export const delegatesOf = (said: readonly Said[], { runId }: TaskRun) =>
  said.flatMap(({ type, payload }) =>
    type === 'task.delegate' && payload['runId'] === runId ? [payload as unknown as TaskDelegate] : [],
  )
/** The same, as soon as it has handed on so often. */
export const delegated = (said: readonly Said[], request: TaskRun, count = 1) =>
  until(() => delegatesOf(said, request).at(count - 1))

export function endFor(
  { taskId, runId, key }: TaskDelegate,
  over: Partial<DelegationEnded> = {},
): DelegationEnded {
  const delegatedTaskId = delegatedTaskIdFor(runId, key)
  return { taskId, runId, delegatedTaskId, state: 'completed', artifacts: [], used: nothingUsed, ...over }
}

/** A run whose first step hands on, and whose second says what came of it. */
export function handingOn(args: object, rights: Partial<Rights>, over: Partial<TaskRun>) {
  const steps = [
    { id: 'count', call: 'task.submit' as const, arguments: { goal: 'Count the lines', ...args } },
    {
      id: 'say',
      call: 'bash' as const,
      arguments: { command: 'printf %s "$1"', args: [{ ref: 'steps.count.stdout' }] },
    },
  ]
  return taskRun(
    [skill({ steps })],
    {
      rights: {
        ...allRights,
        functions: ['bash', 'fs.*', 'http.fetch', 'task.submit'],
        hosts: [],
        ...rights,
      },
      ...over,
    },
    { functions: ['bash', 'task.submit', 'fs.read'] },
  )
}
