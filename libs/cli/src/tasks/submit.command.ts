import { type PlainAnswer, approvalAnswers, type TaskView } from '@guildhall/contracts'
import { type Command, Option } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import { collect, collectSetting, parseCount, parseDuration, parseJsonObject } from '../option.parsing.js'
import { addRightsOptions } from '../rights.options.js'
import { renderPairs } from '../terminal/table.js'
import { type DraftOptions, draftTask } from './task.draft.js'
import { renderState, renderTask } from './task.rendering.js'
import { watchTask } from './task.watching.js'

interface SubmitOptions extends DraftOptions {
  wait?: boolean
  idempotencyKey?: string
  approve?: PlainAnswer
}

export function addSubmitCommand(program: Command, runner: CommandRunner): void {
  const submit = program
    .command('submit <text>')
    .description('hand in a task, in words')
    .option('--input <file>', 'a small file to hand in with it; may be given again', collect)
    .option('--set <name=value>', 'a parameter, as JSON or text; may be given again', collectSetting)
    .option('--inputs <json>', 'parameters as one JSON object', parseJsonObject)
    .option('--mount <dir[:rw]>', 'a folder that its functions may see; may be given again', collect)
    .option('--timeout <duration>', 'longest time that one run may take: 90s, 5m, 2h', parseDuration)
    .option('--attempts <count>', 'how often it may be tried', parseCount(1, 10))
    .option('--idempotency-key <key>', 'the same key again finds the same task')
    .option('--wait', 'tell what happens until it ends; exit code 0 only when it completed')
    .addOption(
      new Option('--approve <answer>', 'answer what is asked on the way; default: ask, or refuse')
        .choices(approvalAnswers)
        .implies({ wait: true }),
    )
  addRightsOptions(submit, {
    function: 'of what you hold, it may call these only: bash,fs.*; may be given again',
    host: 'of what you hold, it may reach these only: host:port, separated by commas',
    budget: 'at most that in one run: tokens=50000,usd=2.5,calls=100,time=10m',
  }).action(
    runner.action(async (session, options: SubmitOptions, text: string) => {
      const { output } = session
      const draft = await draftTask(text, options)
      const client = await session.client()
      const fromId = await client.position()
      const { idempotencyKey } = options
      const submitted = await client.submit(draft, {
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      })
      const { taskId: id, state, duplicate, traceId } = submitted
      if (!options.wait) {
        output.result({ id, state, duplicate, traceId: traceId ?? null }, (paint) =>
          renderPairs(
            [
              ['task', duplicate ? `${id} (submitted before)` : id],
              ['state', renderState(state, paint)],
              ['trace', traceId],
              ['watch', `guildhall tasks watch ${id}`],
            ],
            paint,
          ),
        )
        return
      }
      output.note(`task ${id}${duplicate ? ' (submitted before)' : ''}`)
      const approvals = { flag: options.approve }
      const task = await watchTask(session, { taskId: id, fromId, lookFirst: duplicate, approvals })
      output.result({ ...endedDocument(task, traceId), duplicate }, (paint) => renderTask(task, paint))
      return task.state === 'completed' ? exitCodes.done : exitCodes.failed
    }),
  )
}

/** A task that ended, for programs: what they look for is always there, as null where it has no value. */
export function endedDocument(task: TaskView, traceId?: string) {
  return {
    ...task,
    agent: task.agent ?? null,
    matchScore: task.matchScore ?? null,
    result: task.result ?? null,
    error: task.error ?? null,
    traceId: task.traceId ?? traceId ?? null,
  }
}
