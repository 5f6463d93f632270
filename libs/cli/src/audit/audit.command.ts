import { AuditCount, AuditCounted, AuditList, AuditListed } from '@guildhall/contracts'
import { type Command, Option } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { UsageError } from '../exit.codes.js'
import { isWholeId } from '../id.prefix.js'
import { parseCount } from '../option.parsing.js'
import { renderAudit, renderCount } from './audit.rendering.js'

interface ListOptions {
  task?: string
  trace?: string
  verdict?: 'allowed' | 'denied'
  limit: number
}

export function addAuditCommands(program: Command, runner: CommandRunner): void {
  const audit = program.command('audit').description('what was said, and what the router made of it')

  audit
    .command('list')
    .description('records, newest last')
    .option('--task <id>', 'only about this task')
    .option('--trace <id>', 'only of this trace')
    .addOption(new Option('--verdict <verdict>', 'only with this verdict').choices(['allowed', 'denied']))
    .option('--limit <count>', 'at most so many', parseCount(1, 500), 100)
    .action(
      runner.action(async (session, options: ListOptions) => {
        const { task, trace, verdict, limit } = options
        if (task !== undefined && !isWholeId(task))
          throw new UsageError('--task: give the whole id, as `guildhall tasks show` prints it.')
        const question = {
          limit,
          ...(task !== undefined && { taskId: task }),
          ...(trace !== undefined && { traceId: trace }),
          ...(verdict !== undefined && { verdict }),
        }
        const listed = await session.ask(AuditList, question, AuditListed)
        session.output.result(listed, (paint) => renderAudit(listed.records, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  audit
    .command('count')
    .description('how many records there are')
    .action(
      runner.action(async (session) => {
        const counted = await session.ask(AuditCount, {}, AuditCounted)
        session.output.result(counted, (paint) => renderCount(counted, paint))
      }),
    )
}
