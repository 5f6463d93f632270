import { isCancel, select } from '@clack/prompts'
import type { ApprovalAnswer, ApprovalView } from '@guildhall/contracts'
import type { Output } from '../terminal/output.js'
import { renderApproval } from './approval.rendering.js'

const labels: Record<ApprovalAnswer, { label: string; hint: string }> = {
  refuse: { label: 'Refuse', hint: 'the task ends without an agent' },
  once: { label: 'Allow once', hint: 'the agent is gone after this task' },
  permanent: { label: 'Allow permanently', hint: 'the agent stays for later tasks' },
}

/**
 * Shows a proposal on stderr and asks the person at the terminal.
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
    message: 'Allow this agent?',
    options: approval.answers.map((value) => ({ value, ...labels[value] })),
    initialValue: 'refuse',
    input: output.streams.stdin,
    output: output.streams.stderr,
    signal,
  })
  return isCancel(answer) ? undefined : answer
}
