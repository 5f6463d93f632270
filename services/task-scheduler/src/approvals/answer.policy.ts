import type {
  ApprovalAnswer,
  ApprovalOption,
  ApprovalState,
  Approvers,
  ApprovalVote,
  ClientIdentity,
  RefusalCode,
} from '@guildhall/contracts'

export interface ApprovalQuestion {
  state: ApprovalState
  digest: string
  deadline: Date
  requestedBy: string
  approvers: Approvers
  options: readonly Pick<ApprovalOption, 'answer'>[]
}

export interface GivenAnswer {
  answer: ApprovalAnswer
  /** Of what the person was shown; absent: whatever is pending. */
  digest?: string | undefined
}

/** What an answer does: decide, or wait for the answers of others. */
export type AnswerEffect =
  | { state: 'approved'; answer: ApprovalAnswer }
  | { state: 'refused'; answer: 'refuse' }
  | { state: 'pending' }

export type Verdict<T> = ({ accepted: true } & T) | { accepted: false; code: RefusalCode; message: string }

/** Single use, bound to the digest, before the deadline, by somebody who may, each person one voice. */
export function judgeAnswer(
  question: ApprovalQuestion,
  votes: readonly Pick<ApprovalVote, 'by' | 'answer'>[],
  client: Pick<ClientIdentity, 'id' | 'roles'>,
  { answer, digest }: GivenAnswer,
  now: Date,
): Verdict<{ effect: AnswerEffect }> {
  if (question.state !== 'pending') {
    return refused('approval-stale', `this approval is ${question.state} already; nothing was changed`)
  }
  if (question.deadline <= now) {
    return refused('approval-expired', `the deadline was ${question.deadline.toISOString()}`)
  }
  const complaint = complaintAbout(question, client)
  if (complaint) return complaint
  if (digest !== undefined && digest !== question.digest) {
    return refused('approval-changed', 'the proposal is not the one you were shown: look at it again')
  }
  if (!question.options.some((option) => option.answer === answer)) {
    const offered = question.options.map((option) => option.answer).join(', ')
    return refused('answer-not-offered', `${answer} is no answer to it; say one of ${offered}`)
  }
  if (answer === 'refuse') return { accepted: true, effect: { state: 'refused', answer } }
  if (votes.some(({ by }) => by === client.id)) {
    return refused('approval-answered', `${client.id} has answered; it waits for others`)
  }
  return { accepted: true, effect: effectOf([...votes, { answer }], answer, question.approvers.quorum) }
}

/** Whether the client is among those who may answer. */
export function mayAnswer(
  { approvers }: Pick<ApprovalQuestion, 'approvers'>,
  client: Pick<ClientIdentity, 'id' | 'roles'>,
): boolean {
  return approvers.clients.includes(client.id) || approvers.roles.some((role) => client.roles.includes(role))
}

/** Whether what people allowed for good would be enough for a question that is asked now. */
export function stillAllows(
  votes: readonly Pick<ApprovalVote, 'by' | 'answer'>[],
  { roles, clients, quorum, requesterMayAnswer }: Approvers,
  requestedBy: string,
): boolean {
  // Which roles somebody has now is the router's knowledge; that they had them then is enough.
  const counting = votes.filter(
    ({ by, answer }) =>
      answer === 'permanent' &&
      (requesterMayAnswer || by !== requestedBy) &&
      (roles.length > 0 || clients.includes(by)),
  )
  return counting.length >= quorum
}

function complaintAbout(
  question: Pick<ApprovalQuestion, 'requestedBy' | 'approvers'>,
  client: Pick<ClientIdentity, 'id' | 'roles'>,
): Extract<Verdict<object>, { accepted: false }> | undefined {
  if (!question.approvers.requesterMayAnswer && client.id === question.requestedBy) {
    return refused('approval-own', `it is asked for ${client.id}: somebody else has to answer`)
  }
  if (mayAnswer(question, client)) return undefined
  return refused('approval-not-yours', `${client.id} is not among those who may answer it`)
}

/** Whoever allows it for good allows it this once too. */
function effectOf(
  allowing: readonly Pick<ApprovalVote, 'answer'>[],
  given: ApprovalAnswer,
  quorum: number,
): AnswerEffect {
  const count = (...answers: ApprovalAnswer[]) =>
    allowing.filter(({ answer }) => answers.includes(answer)).length
  if (count(given) >= quorum) return { state: 'approved', answer: given }
  const isPlain = given === 'once' || given === 'permanent'
  return isPlain && count('once', 'permanent') >= quorum
    ? { state: 'approved', answer: 'once' }
    : { state: 'pending' }
}

export function refused(code: RefusalCode, message: string): Extract<Verdict<object>, { accepted: false }> {
  return { accepted: false, code, message }
}
