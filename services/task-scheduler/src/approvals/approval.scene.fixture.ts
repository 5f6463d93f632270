import {
  type ApprovalAnswer,
  ApprovalAsk,
  ApprovalRequested,
  type ApprovalRules,
  type ClientIdentity,
  newId,
} from '@guildhall/contracts'
import { vi } from 'vitest'
import {
  asked,
  clientOf,
  type Controllers,
  heardFrom,
  type SchedulerFixture,
  taskIn,
} from '../scheduler.fixture.js'
import { Approval } from './approval.entity.js'

export const call = {
  function: 'bash',
  arguments: { command: 'ls', all: true },
  agent: { name: 'librarian' },
}
export const script = { path: 'files/scripts/list.sh', sha256: 'a'.repeat(64) }

/** A tenant of its own with a client anna, whose tasks run, and further people; nobody answers the own questions. */
export class ApprovalScene {
  readonly scheduler: Controllers
  readonly anna: ClientIdentity
  readonly ben: ClientIdentity
  readonly carl: ClientIdentity

  constructor(readonly fixture: SchedulerFixture) {
    this.scheduler = fixture.controllers({ requesterMayAnswer: false })
    this.anna = clientOf(`t-${newId()}`)
    this.ben = this.approver('ben')
    this.carl = this.approver('carl')
    fixture.hush()
  }

  approver(id: string): ClientIdentity {
    return clientOf(this.anna.tenant, { id, roles: ['approver'] })
  }

  running(whose = this.anna) {
    return taskIn('running', this.fixture, this.scheduler, whose)
  }

  /** A question of the executor. */
  question(o: Partial<ApprovalAsk> & { taskId: string }): ApprovalAsk {
    return Object.assign(new ApprovalAsk(), {
      askId: newId(),
      kind: 'function-call' as const,
      question: 'May librarian call bash?',
      subject: call,
      files: [script],
      ...o,
    })
  }

  /** Asks, and returns the question as people were told it; undefined when nobody was. */
  async ask(request: ApprovalAsk) {
    await this.scheduler.asks.ask(request, heardFrom(this.anna.tenant))
    return this.fixture.take(ApprovalRequested)[0]?.approval
  }

  async pendingCall(o: Partial<ApprovalAsk> = {}) {
    const { taskId } = await this.running()
    const request = this.question({ taskId, ...o })
    const approval = await this.ask(request)
    if (!approval) throw new Error('nobody was asked')
    return { request, approval, id: approval.id }
  }

  decide(approvalId: string, answer: ApprovalAnswer, by: ClientIdentity): Promise<void> {
    return this.scheduler.approvals.decide({ approvalId, answer }, asked(by))
  }

  approval(id: string): Promise<Approval> {
    return this.fixture.database.manager.findOneByOrFail(Approval, { id })
  }

  async stateOf(id: string) {
    return (await this.approval(id)).state
  }

  setPolicy(rules: ApprovalRules, expectedVersion = 0): Promise<void> {
    return this.scheduler.policies.set({ expectedVersion, rules }, asked(this.anna))
  }
}

/** Has these processes look at deadlines until the claim holds. */
export async function whileWatched(processes: Controllers[], claim: () => Promise<void>): Promise<void> {
  for (const { deadlines } of processes) deadlines.onApplicationBootstrap()
  try {
    await vi.waitFor(claim, { timeout: 10_000 })
  } finally {
    await Promise.all(processes.map(({ deadlines }) => deadlines.beforeApplicationShutdown()))
  }
}
