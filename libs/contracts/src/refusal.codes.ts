import type { ServiceName } from './service.names.js'

/** What a code of `request.refused` means to whoever hears it. */
export interface Refusal {
  /** What is wrong; where the message of the refusal does not say it, what to do. */
  readonly meaning: string
  /** Whether the same request may succeed later, unchanged. */
  readonly retryable: boolean
  readonly saidBy: readonly ServiceName[]
}

const router = { saidBy: ['router'], retryable: false } as const
const scheduler = { saidBy: ['task-scheduler'], retryable: false } as const
const executor = { saidBy: ['executor'], retryable: false } as const
const registry = { saidBy: ['skill-registry'], retryable: false } as const

/** Every code that `request.refused` carries, or `delegation.ended` of a task that was not taken, and what it means. The codes are stable: programs go by them. */
export const refusalCodes = {
  unauthenticated: {
    ...router,
    meaning:
      'The field `authorization` is not `Bearer <token>` with the token of a known client. It stands in the audit only: nobody is known who could be answered.',
  },
  'unknown-type': { ...router, meaning: 'There is no message of this type.' },
  'not-permitted': {
    saidBy: ['router', 'task-scheduler'],
    retryable: false,
    meaning:
      'Clients may not say this, the client lacks the role that it needs, or the task is another client’s.',
  },
  'too-large': { ...router, meaning: 'The payload has more bytes than the message may have.' },
  invalid: { ...router, meaning: 'A field of the entry or of the payload is missing, wrong or unknown.' },
  expired: { ...router, meaning: 'The deadline in `expirytime` had passed before the message was carried.' },
  replayed: {
    ...router,
    meaning: 'Another entry with this `id` came within the last minutes: each message has an id of its own.',
  },
  'rate-limited': {
    ...router,
    retryable: true,
    meaning:
      'The client or its tenant says more than the policy allows; the message says after how long to try again.',
  },
  'too-much-waiting': {
    ...router,
    retryable: true,
    meaning: 'The client or its tenant has as many unfinished tasks as the policy allows.',
  },
  busy: {
    saidBy: ['router', 'executor'],
    retryable: true,
    meaning: 'The service that hears it has as much before it as it may have: try again in a while.',
  },

  'client-exists': { ...router, meaning: 'There is, or was, a client of this id.' },
  'client-not-found': { ...router, meaning: 'There is no client of this id.' },
  'client-revoked': { ...router, meaning: 'The client is revoked for good: register another one.' },
  'last-administrator': {
    ...router,
    meaning: 'Nobody would be left who can administer: make another administrator first.',
  },
  'too-many-tokens': {
    ...router,
    meaning: 'The client has as many valid tokens as it may have: revoke one.',
  },
  'token-exists': { ...router, meaning: 'There is a token of this hash: make a new one.' },
  'token-not-found': { ...router, meaning: 'There is no token of this id.' },
  'policy-changed': { ...router, meaning: 'The policy has another version than expected: look at it again.' },
  'dead-letter-not-found': { ...router, meaning: 'There is no dead letter of this id.' },
  'not-redrivable': {
    ...router,
    meaning:
      'The dead letter cannot be redriven: it is purged, was redriven too often, or lacks what that takes.',
  },

  internal: {
    saidBy: ['router', 'skill-registry', 'task-scheduler', 'executor', 'audit'],
    retryable: false,
    meaning:
      'The service could not handle the request: it lies among the dead letters, for an operator to look at.',
  },

  'task-not-found': { ...scheduler, meaning: 'The tenant has no task of this id.' },
  'task-ended': { ...scheduler, meaning: 'The task is in a final state already.' },
  'approval-not-found': { ...scheduler, meaning: 'The tenant has no approval of this id.' },
  'approval-stale': { ...scheduler, meaning: 'The approval was answered or withdrawn before.' },
  'approval-expired': { ...scheduler, meaning: 'The deadline of the approval has passed.' },
  'approval-changed': { ...scheduler, meaning: 'The digest is not that of the proposal: look at it again.' },
  'approval-own': {
    ...scheduler,
    meaning: 'The question is asked for this client, and somebody else has to answer it.',
  },
  'approval-not-yours': {
    ...scheduler,
    meaning: 'The client is not among those who may answer this approval.',
  },
  'approval-answered': {
    ...scheduler,
    meaning: 'The client has answered; the approval waits for other people.',
  },
  'approval-used': { ...scheduler, meaning: 'What was approved has begun and cannot be taken back.' },
  'answer-not-offered': { ...scheduler, meaning: 'The approval offers other answers than this one.' },
  'no-approvers': { ...scheduler, meaning: 'The rules leave nobody, or too few people, who may answer.' },
  'approval-policy-invalid': { ...scheduler, meaning: 'The rules of the policy contradict each other.' },
  'approval-policy-changed': {
    ...scheduler,
    meaning: 'The policy has another version than expected: look at it again.',
  },

  'invalid-skill': { ...registry, meaning: 'SKILL.md, guildhall.yaml or another file breaks a rule.' },
  'skill-not-found': {
    ...registry,
    meaning: 'The tenant has no skill of this name, or not this version of it.',
  },
  'skill-pinned': { ...registry, meaning: 'The skill is pinned to a version: unpin it first.' },
  'skill-retired': { ...registry, meaning: 'The skill is retired: register it again to have it back.' },
  'right-missing': {
    saidBy: ['skill-registry', 'task-scheduler', 'executor'],
    retryable: false,
    meaning:
      'More is asked for than the requester holds; the message names what. An administrator grants it: `guildhall clients change`.',
  },
  'invalid-rights': {
    ...router,
    meaning: 'A path is not absolute, or a host is not written as `host:port`; the message names it.',
  },
  'run-ended': { ...scheduler, meaning: 'The run that hands a task on is over, or is to stop.' },
  'too-deep': { ...scheduler, meaning: 'The task was itself handed on as often as the settings allow.' },
  'too-many-delegations': { ...scheduler, meaning: 'The run has handed on as many tasks as it may.' },
  'agent-not-found': { ...registry, meaning: 'The tenant has no agent of this name or id.' },
  'agent-ended': { ...registry, meaning: 'The agent is retired or disposed of already.' },
  'agent-ephemeral': { ...registry, meaning: 'The agent was hired for one task and ends with it.' },
  'agent-version-not-found': { ...registry, meaning: 'The agent has no version of this number.' },
  'agent-permanent': { ...registry, meaning: 'The agent stays already: there is nothing to keep.' },
  'agent-name-taken': { ...registry, meaning: 'An agent that was hired for one task has this name.' },
  'function-missing': {
    ...registry,
    meaning: 'A skill of the agent needs a function that it is not granted.',
  },
  'function-not-needed': {
    ...registry,
    meaning: 'None of the agent’s skills needs a function it is granted.',
  },
  'invalid-configuration': {
    ...registry,
    meaning: 'The agent’s configuration sets something that cannot be used; the message names it.',
  },
  'skill-not-scripted': { ...registry, meaning: 'The skill has no steps that run without a model.' },

  'invalid-function': {
    ...executor,
    meaning: 'The manifest, a file or a tool breaks a rule; the message names it.',
  },
  'function-version-taken': {
    ...executor,
    meaning:
      'This version was registered with other bytes: what it is never changes. Give the new one another version.',
  },
  'function-not-found': { ...executor, meaning: 'The tenant has no function, or no server, of this name.' },
  'function-needs-run': {
    ...executor,
    meaning: 'The function works on the run that calls it, or asks a person: it cannot be called by itself.',
  },
  'function-denied': { ...executor, meaning: 'The function’s tier is deny: the operator’s settings say so.' },
  'function-needs-consent': {
    ...executor,
    meaning: 'The function’s tier is ask: the caller has to say that this call may be made.',
  },
  'invalid-arguments': {
    ...executor,
    meaning: 'The arguments do not fit the function; the message names them.',
  },
  'mcp-failed': {
    ...executor,
    meaning: 'The MCP server could not be asked for its tools; the message says what it did.',
  },
  'unknown-outcome': {
    ...executor,
    meaning:
      'The executor stopped while it made this call, which may have had its effect; it is not made again.',
  },

  'invalid-key': {
    saidBy: ['executor'],
    retryable: false,
    meaning: 'A key of the state has control characters or half a surrogate pair in it.',
  },
} as const satisfies Record<string, Refusal>

export type RefusalCode = keyof typeof refusalCodes
