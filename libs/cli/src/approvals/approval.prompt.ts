import { isCancel, select } from '@clack/prompts'
import type { ApprovalAnswer, ApprovalKind, ApprovalView } from '@guildhall/contracts'
import type { Output } from '../terminal/output.js'
import { printable } from '../terminal/text.js'
import { renderApproval } from './approval.rendering.js'

const questions: Record<ApprovalKind, string> = {
  'new-agent': 'Allow this agent?',
  'agent-choice': 'Which agent?',
  'keep-agent': 'Keep this agent?',
  'function-call': 'Allow this call?',
  'unknown-effect': 'It may have happened already. Do it again?',
  question: 'What do you answer?',
}

/**
 * Shows everything that an approval binds on stderr and asks the person at the terminal.
 * @param signal takes the question back: answered elsewhere, or past its deadline
 * @returns undefined when the person gave no answer (Ctrl-C) or the question was taken back
 */
export async function askApproval(
  approval: ApprovalView,
  output: Output,
  signal: AbortSignal,
): Promise<ApprovalAnswer | undefined> {
  output.note(`\n${renderApproval(approval, output.paintNote)}\n`)
  const answer = await select<ApprovalAnswer>({
    message: questions[approval.kind],
    options: approval.options.map(({ answer: value, label, hint }) => ({
      value,
      label: printable(label),
      ...(hint !== undefined && { hint: printable(hint) }),
    })),
    initialValue: 'refuse',
    input: output.streams.stdin,
    output: output.streams.stderr,
    signal,
  })
  return isCancel(answer) ? undefined : answer
}
