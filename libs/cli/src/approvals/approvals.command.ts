import {
  ApprovalDecide,
  ApprovalDecided,
  ApprovalFound,
  ApprovalGet,
  ApprovalList,
  ApprovalListed,
  ApprovalRevoke,
  ApprovalRevoked,
  type ApprovalAnswer,
  type ApprovalState,
  approvalStates,
  type ApprovalView,
} from '@guildhall/contracts'
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { completeId, isWholeId } from '../id.prefix.js'
import { parseCount } from '../option.parsing.js'
import { addApprovalPolicyCommands } from './approval-policy.command.js'
import { allowingAnswer } from './approval.policy.js'
import { renderApproval, renderApprovals } from './approval.rendering.js'

interface AnswerOptions {
  comment?: string
  digest?: string
}

export function addApprovalCommands(program: Command, runner: CommandRunner): void {
  const approvals = program.command('approvals').description('decisions that wait for a person')

  approvals
    .command('list')
    .description('approvals, newest first')
    .addOption(new Option('--state <state>', 'only those in this state').choices(approvalStates))
    .option('--task <id>', 'only those of this task')
    .option('--limit <count>', 'at most so many', parseCount(1, 500), 20)
    .action(
      runner.action(async (session, options: { state?: ApprovalState; task?: string; limit: number }) => {
        const { state, task, limit } = options
        const request = { limit, ...(state && { state }), ...(task && { taskId: task }) }
        const listed = await session.ask(ApprovalList, request, ApprovalListed)
        session.output.result(listed, (paint) => renderApprovals(listed.approvals, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  approvals
    .command('show <id>')
    .description('exactly what will happen, and what was answered; a unique beginning of the id is enough')
    .action(
      runner.action(async (session, _options: object, id: string) => {
        show(session, await find(session, id))
      }),
    )

  approvals
    .command('approve <id>')
    .description('allow what is asked about')
    .option('--permanent', 'for good, not only this once')
    .option('--choose <number>', 'a candidate by its number, or another of the answers offered')
    .option('--comment <text>', 'why')
    .option('--digest <digest>', 'only if this is still what will happen', parseDigest)
    .action(
      runner.action(
        async (session, options: AnswerOptions & { permanent?: boolean; choose?: string }, id: string) => {
          const approval = await find(session, id)
          await decide(session, approval, allowingAnswer(approval.options, options), options)
        },
      ),
    )

  approvals
    .command('deny <id>')
    .description('refuse what is asked about')
    .option('--comment <text>', 'why')
    .option('--digest <digest>', 'only if this is still what will happen', parseDigest)
    .action(
      runner.action(async (session, options: AnswerOptions, id: string) => {
        await decide(session, await find(session, id), 'refuse', options)
      }),
    )

  approvals
    .command('revoke <id>')
    .description('take back what was allowed and has not begun, or was allowed for good, or your own voice')
    .option('--comment <text>', 'why')
    .action(
      runner.action(async (session, { comment }: { comment?: string }, id: string) => {
        const { id: approvalId } = await find(session, id)
        const request = { approvalId, ...(comment !== undefined && { comment }) }
        show(session, (await session.ask(ApprovalRevoke, request, ApprovalRevoked)).approval)
      }),
    )

  addApprovalPolicyCommands(approvals, runner)
}

async function decide(
  session: CommandSession,
  { id: approvalId, digest: shown }: ApprovalView,
  answer: ApprovalAnswer,
  { comment, digest = shown }: AnswerOptions,
): Promise<void> {
  const request = { approvalId, answer, digest, ...(comment !== undefined && { comment }) }
  show(session, (await session.ask(ApprovalDecide, request, ApprovalDecided)).approval)
}

function show(session: CommandSession, approval: ApprovalView): void {
  session.output.result({ approval }, (paint) => renderApproval(approval, paint))
}

async function find(session: CommandSession, id: string): Promise<ApprovalView> {
  const approvalId = isWholeId(id) ? id : completeId(id, await newestIds(session), 'approval')
  return (await session.ask(ApprovalGet, { approvalId }, ApprovalFound)).approval
}

async function newestIds(session: CommandSession): Promise<string[]> {
  const { approvals } = await session.ask(ApprovalList, { limit: 500 }, ApprovalListed)
  return approvals.map(({ id }) => id)
}

function parseDigest(text: string): string {
  if (!/^[0-9a-f]{64}$/.test(text))
    throw new InvalidArgumentError('Use the 64 hex digits that `show` prints.')
  return text
}
