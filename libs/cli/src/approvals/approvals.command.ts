import {
  ApprovalDecide,
  ApprovalDecided,
  ApprovalFound,
  ApprovalGet,
  ApprovalList,
  ApprovalListed,
  type ApprovalAnswer,
  type ApprovalState,
  approvalStates,
} from '@guildhall/contracts'
import { type Command, Option } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { completeId, isWholeId } from '../id.prefix.js'
import { parseCount } from '../option.parsing.js'
import { renderApproval, renderApprovals } from './approval.rendering.js'

export function addApprovalCommands(program: Command, runner: CommandRunner): void {
  const approvals = program.command('approvals').description('decisions that wait for a person')

  approvals
    .command('list')
    .description('approvals, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(approvalStates))
    .option('--limit <count>', 'at most so many', parseCount(1, 500), 20)
    .action(
      runner.action(async (session, options: { state?: ApprovalState; limit: number }) => {
        const { state, limit } = options
        const listed = await session.ask(ApprovalList, { limit, ...(state && { state }) }, ApprovalListed)
        session.output.result(listed, (paint) => renderApprovals(listed.approvals, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  approvals
    .command('show <id>')
    .description('what is asked, and what was answered; a unique beginning of the id is enough')
    .action(
      runner.action(async (session, _options: object, id: string) => {
        const { approval } = await find(session, id)
        session.output.result({ approval }, (paint) => renderApproval(approval, paint))
      }),
    )

  approvals
    .command('approve <id>')
    .description('allow the proposed agent for this task')
    .option('--permanent', 'keep the agent for later tasks')
    .option('--comment <text>', 'why')
    .action(
      runner.action(async (session, options: { permanent?: boolean; comment?: string }, id: string) => {
        await decide(session, id, options.permanent ? 'permanent' : 'once', options.comment)
      }),
    )

  approvals
    .command('deny <id>')
    .description('refuse the proposed agent')
    .option('--comment <text>', 'why')
    .action(
      runner.action(async (session, options: { comment?: string }, id: string) => {
        await decide(session, id, 'refuse', options.comment)
      }),
    )
}

async function decide(
  session: CommandSession,
  id: string,
  answer: ApprovalAnswer,
  comment: string | undefined,
): Promise<void> {
  const found = await find(session, id)
  const { approval } = await session.ask(
    ApprovalDecide,
    {
      approvalId: found.approval.id,
      answer,
      digest: found.approval.digest,
      ...(comment !== undefined && { comment }),
    },
    ApprovalDecided,
  )
  session.output.result({ approval }, (paint) => renderApproval(approval, paint))
}

async function find(session: CommandSession, id: string): Promise<ApprovalFound> {
  const approvalId = isWholeId(id) ? id : completeId(id, await newestIds(session), 'approval')
  return session.ask(ApprovalGet, { approvalId }, ApprovalFound)
}

async function newestIds(session: CommandSession): Promise<string[]> {
  const { approvals } = await session.ask(ApprovalList, { limit: 500 }, ApprovalListed)
  return approvals.map(({ id }) => id)
}
