import {
  TaskCancel,
  TaskCancelRequested,
  TaskFound,
  TaskGet,
  TaskList,
  TaskListed,
  type TaskState,
  taskStates,
} from '@guildhall/contracts'
import { type Command, Option } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import { completeId, isWholeId } from '../id.prefix.js'
import { parseCount } from '../option.parsing.js'
import { endedDocument } from './submit.command.js'
import { renderState, renderTask, renderTasks } from './task.rendering.js'
import { watchTask } from './task.watching.js'

export function addTaskCommands(program: Command, runner: CommandRunner): void {
  const tasks = program.command('tasks').description('what was handed in')

  tasks
    .command('list')
    .description('tasks, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(taskStates))
    .option('--limit <count>', 'at most so many', parseCount(1, 500), 20)
    .action(
      runner.action(async (session, options: { state?: TaskState; limit: number }) => {
        const { state, limit } = options
        const listed = await session.ask(TaskList, { limit, ...(state && { state }) }, TaskListed)
        session.output.result(listed, (paint) => renderTasks(listed.tasks, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  tasks
    .command('show <id>')
    .description('one task; a unique beginning of the id is enough')
    .action(
      runner.action(async (session, _options: object, id: string) => {
        const found = await session.ask(TaskGet, { taskId: await taskIdOf(session, id) }, TaskFound)
        session.output.result(found, (paint) => renderTask(found.task, paint, found))
      }),
    )

  tasks
    .command('watch <id>')
    .description('tell what happens to a task until it ends; exit code 0 only when it completed')
    .action(
      runner.action(async (session, _options: object, id: string) => {
        const client = await session.client()
        const taskId = await taskIdOf(session, id)
        const fromId = await client.position()
        const task = await watchTask(session, { taskId, fromId, lookFirst: true, approvals: 'leave' })
        session.output.result(endedDocument(task), (paint) => renderTask(task, paint))
        return task.state === 'completed' ? exitCodes.done : exitCodes.failed
      }),
    )

  tasks
    .command('cancel <id>')
    .description('stop a task and everything that runs for it')
    .option('--reason <text>', 'why')
    .action(
      runner.action(async (session, options: { reason?: string }, id: string) => {
        const taskId = await taskIdOf(session, id)
        const { reason } = options
        const cancel = { taskId, ...(reason !== undefined && { reason }) }
        const { state } = await session.ask(TaskCancel, cancel, TaskCancelRequested)
        session.output.result(
          { id: taskId, state },
          (paint) => `Task ${taskId} is to stop; it is ${renderState(state, paint)}.`,
        )
      }),
    )
}

async function taskIdOf(session: CommandSession, text: string): Promise<string> {
  if (isWholeId(text)) return text
  const { tasks } = await session.ask(TaskList, { limit: 500 }, TaskListed)
  return completeId(
    text,
    tasks.map(({ id }) => id),
    'task',
  )
}
