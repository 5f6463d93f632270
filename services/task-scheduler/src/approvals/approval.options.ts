import type { AgentCandidate, ApprovalOption, AskedKind } from '@guildhall/contracts'

export const newAgentOptions: readonly ApprovalOption[] = [
  { answer: 'refuse', label: 'Refuse', hint: 'the task ends without an agent' },
  { answer: 'once', label: 'Allow once', hint: 'the agent is gone after this task' },
  { answer: 'permanent', label: 'Allow permanently', hint: 'the agent stays for later tasks' },
]

const byKind: Readonly<Record<AskedKind, readonly [ApprovalOption, ...ApprovalOption[]]>> = {
  'keep-agent': [
    { answer: 'refuse', label: 'Refuse', hint: 'the agent goes when its task ends' },
    { answer: 'permanent', label: 'Keep', hint: 'the agent stays for later tasks' },
  ],
  'function-call': [
    { answer: 'refuse', label: 'Refuse', hint: 'the call is not made' },
    { answer: 'once', label: 'Allow once', hint: 'this call, now' },
    { answer: 'permanent', label: 'Allow permanently', hint: 'this very call, whenever it comes again' },
  ],
  'unknown-effect': [
    { answer: 'refuse', label: 'Refuse', hint: 'it is not done again' },
    { answer: 'once', label: 'Do it again', hint: 'it may have happened already' },
  ],
  question: [{ answer: 'refuse', label: 'No answer', hint: 'the agent is told that nobody answered' }],
}

/** What may be answered to a question of a service: `refuse`, and what the service offers or else the kind does. */
export function askedOptions(kind: AskedKind, own: readonly ApprovalOption[] = []): ApprovalOption[] {
  const [refuse, ...others] = byKind[kind]
  const offered = own.length > 0 ? own.filter(({ answer }) => answer !== refuse.answer) : others
  return [own.find(({ answer }) => answer === refuse.answer) ?? refuse, ...offered]
}

/** `agent:1` is the first candidate. */
export function choiceOptions(candidates: readonly AgentCandidate[], proposable: boolean): ApprovalOption[] {
  const propose = { answer: 'propose', label: 'A new agent', hint: 'you are shown what it would be' }
  return [
    { answer: 'refuse', label: 'Refuse', hint: 'the task ends without an agent' },
    ...candidates.map(({ agent, matchScore }, index) => ({
      answer: `agent:${index + 1}`,
      label: `${agent.name} v${agent.version}`,
      hint: `score ${matchScore.toFixed(2)}`,
    })),
    ...(proposable ? [propose] : []),
  ]
}

/** The candidate that an answer names. */
export function chosenCandidate(
  candidates: readonly AgentCandidate[],
  answer: string,
): AgentCandidate | undefined {
  const [, number] = /^agent:([1-9]\d*)$/.exec(answer) ?? []
  return number === undefined ? undefined : candidates[Number(number) - 1]
}
