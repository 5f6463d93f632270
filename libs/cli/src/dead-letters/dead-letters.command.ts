import {
  DeadLetterList,
  DeadLetterListed,
  DeadLetterPurge,
  DeadLetterPurged,
  DeadLetterRedrive,
  DeadLetterRedriven,
  DeadLetterShow,
  DeadLetterShown,
  type DeadLetterState,
  deadLetterStates,
} from '@guildhall/contracts'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { exitCodes, UsageError } from '../exit.codes.js'
import { completeId, isWholeId } from '../id.prefix.js'
import { parseCount } from '../option.parsing.js'
import { renderDeadLetter, renderDeadLetters, renderRedriven } from './dead-letter.rendering.js'

interface FilterOptions {
  service?: string
  type?: string
  code?: string
  task?: string
  since?: string
}

export function addDeadLetterCommands(program: Command, runner: CommandRunner): void {
  const letters = program.command('dead-letters').description('messages that no service could handle')

  withFilter(letters.command('list').description('dead letters, newest first'))
    .addOption(
      new Option('--state <state>', 'only those in this state').choices(deadLetterStates).default('waiting'),
    )
    .option('--after <id>', 'the next page: only those behind this one')
    .option('--limit <count>', 'at most so many', parseCount(1, 500), 50)
    .action(
      runner.action(
        async (
          session,
          options: FilterOptions & { state: DeadLetterState; after?: string; limit: number },
        ) => {
          const { state, after, limit } = options
          const filter = { ...filterOf(options), state, limit, ...(after !== undefined && { after }) }
          const listed = await session.ask(DeadLetterList, filter, DeadLetterListed)
          session.output.result(listed, (paint) => renderDeadLetters(listed.deadLetters, paint))
          session.output.noteOmitted(listed.omitted)
        },
      ),
    )

  letters
    .command('show <id>')
    .description('one with its bytes; a unique beginning of the id is enough')
    .action(
      runner.action(async (session, _options: object, id: string) => {
        const [deadLetterId = id] = await wholeIds(session, [id])
        const shown = await session.ask(DeadLetterShow, { deadLetterId }, DeadLetterShown)
        session.output.result(shown, (paint) => renderDeadLetter(shown, paint))
      }),
    )

  withFilter(
    letters
      .command('redrive [ids...]')
      .description('put messages back at their service, by id or by filter, at most 100 at once'),
  ).action(
    runner.action(async (session, options: FilterOptions, ids: string[]) => {
      const request = await choiceOf(session, options, ids)
      const redriven = await session.ask(DeadLetterRedrive, request, DeadLetterRedriven)
      session.output.result(redriven, (paint) => renderRedriven(redriven, paint))
      return redriven.refused.length > 0 ? exitCodes.failed : exitCodes.done
    }),
  )

  withFilter(
    letters
      .command('purge [ids...]')
      .description('throw messages away for good, by id or by filter, at most 100 at once'),
  )
    .option('--yes', 'that it is meant')
    .action(
      runner.action(async (session, options: FilterOptions & { yes?: boolean }, ids: string[]) => {
        if (!options.yes) throw new UsageError('What is purged is gone. Say --yes if you mean it.')
        const request = { ...(await choiceOf(session, options, ids)), confirm: true }
        const purged = await session.ask(DeadLetterPurge, request, DeadLetterPurged)
        session.output.result(purged, () => `Purged ${purged.purged.length}.`)
        session.output.noteOmitted(purged.remaining)
      }),
    )
}

function withFilter(command: Command): Command {
  return command
    .option('--service <name>', 'only those that this service could not handle')
    .option('--type <type>', 'only messages of this type')
    .option('--code <code>', 'only those given up for this reason')
    .option('--task <id>', 'only about this task')
    .option('--since <time>', 'only those given up since: 2026-01-31, 2026-01-31T12:00Z', parseTime)
}

function filterOf({ service, type, code, task, since }: FilterOptions) {
  if (task !== undefined && !isWholeId(task))
    throw new UsageError('--task: give the whole id, as `guildhall tasks show` prints it.')
  return {
    ...(service !== undefined && { service }),
    ...(type !== undefined && { type }),
    ...(code !== undefined && { code }),
    ...(task !== undefined && { taskId: task }),
    ...(since !== undefined && { since }),
  }
}

async function choiceOf(session: CommandSession, options: FilterOptions, ids: string[]) {
  const filter = filterOf(options)
  if (ids.length === 0 && Object.keys(filter).length === 0)
    throw new UsageError('Say which: give ids, or a filter such as --service or --code.')
  return { ...filter, ...(ids.length > 0 && { ids: await wholeIds(session, ids) }) }
}

async function wholeIds(session: CommandSession, ids: readonly string[]): Promise<string[]> {
  if (ids.every((id) => isWholeId(id))) return [...ids]
  const pages = await Promise.all(
    deadLetterStates.map((state) => session.ask(DeadLetterList, { state, limit: 500 }, DeadLetterListed)),
  )
  const known = pages.flatMap(({ deadLetters }) => deadLetters.map(({ id }) => id))
  return ids.map((id) => (isWholeId(id) ? id : completeId(id, known, 'dead-letter')))
}

function parseTime(text: string): string {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw new InvalidArgumentError('Use 2026-01-31 or 2026-01-31T12:00Z.')
  return time.toISOString()
}
