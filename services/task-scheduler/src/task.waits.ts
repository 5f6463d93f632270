import { isTerminal, type TaskWait, terminalTaskStates } from '@guildhall/contracts'
import { type EntityManager, In, Not } from '@guildhall/mysql'
import { Approval } from './approvals/approval.entity.js'
import { Task } from './task.entity.js'

/** What a task waits for that is none of its own doing: people, and tasks that its current run has handed on. */
export async function waitsOf(
  manager: EntityManager,
  { id: taskId, state, runId }: Pick<Task, 'id' | 'state' | 'runId'>,
): Promise<TaskWait[]> {
  if (isTerminal(state)) return []
  const approvals = await manager.find(Approval, {
    where: { taskId, state: 'pending' },
    order: { createdAt: 'ASC', id: 'ASC' },
    select: { id: true },
  })
  const tasks =
    runId === null
      ? []
      : await manager.find(Task, {
          where: { parentRunId: runId, state: Not(In([...terminalTaskStates])) },
          order: { createdAt: 'ASC', id: 'ASC' },
          select: { id: true },
        })
  return [
    ...approvals.map(({ id }) => ({ kind: 'approval' as const, id })),
    ...tasks.map(({ id }) => ({ kind: 'task' as const, id })),
  ]
}
