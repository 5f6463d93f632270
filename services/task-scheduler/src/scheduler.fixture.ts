import {
  AgentProposed,
  allRights,
  type AgentConfig,
  type AgentSnapshot,
  ApprovalRequested,
  canonicalDigest,
  type ClientIdentity,
  type Envelope,
  type MatchSummary,
  messageOf,
  newId,
  type PayloadClass,
  type ReceivedMessage,
  roles,
  SkillsMatched,
  taskIdFor,
  TaskRun,
  TaskSubmit,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Metrics } from '@guildhall/service-defaults'
import { TestDatabase } from '@guildhall/testing'
import { ApprovalAsking } from './approvals/approval.asking.js'
import { ApprovalController } from './approvals/approval.controller.js'
import { ApprovalDeadlines } from './approvals/approval.deadlines.js'
import { ApprovalDeciding } from './approvals/approval.deciding.js'
import { approvalEntities } from './approvals/approval.entities.js'
import { AskController } from './approvals/ask.controller.js'
import { MatchQuestions } from './approvals/match.questions.js'
import { ApprovalPolicyController } from './approvals/policy.controller.js'
import { Attempt } from './attempt.entity.js'
import { DelegationController } from './delegation.controller.js'
import { MatchController } from './match.controller.js'
import { RunController } from './run.controller.js'
import { TaskController } from './task.controller.js'
import { Task } from './task.entity.js'
import { TaskIntake } from './task.intake.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskStopping } from './task.stopping.js'

const service = 'task-scheduler'

/** The service's controllers on a MariaDB of the test's own; what it says is kept instead of put on a stream. */
export class SchedulerFixture {
  private constructor(
    readonly database: Database,
    private readonly server: TestDatabase,
    private readonly said: Envelope[],
  ) {}

  static async start(): Promise<SchedulerFixture> {
    return SchedulerFixture.on(await TestDatabase.start(service))
  }

  /** Over a database that is there already; it is stopped with the fixture. */
  static async on(server: TestDatabase): Promise<SchedulerFixture> {
    const said: Envelope[] = []
    const { host, port, password } = server
    const publisher = { publish: async (envelopes: readonly Envelope[]) => void said.push(...envelopes) }
    const entities = [Task, Attempt, ...approvalEntities]
    const database = await Database.open({ service, host, port, password, entities, publisher })
    return new SchedulerFixture(database, server, said)
  }

  /** A process of the service. */
  controllers({ approvalDeadlineMs = 60_000, requesterMayAnswer = true } = {}) {
    const { database } = this
    const log = () => {}
    const logger = { debug: log, info: log, warn: log, error: log }
    const metrics = new Metrics(service)
    const config = {
      approvalDeadlineMs,
      requesterMayAnswer,
      defaultMaxAttempts: 3,
      defaultTimeoutMs: 600_000,
      delegationDepth: 2,
    }
    const lifecycle = new TaskLifecycle(logger, metrics)
    const deciding = new ApprovalDeciding(lifecycle, metrics)
    const asking = new ApprovalAsking(deciding, config, logger)
    const questions = new MatchQuestions(asking, deciding, lifecycle)
    const intake = new TaskIntake(lifecycle, config)
    const stopping = new TaskStopping(lifecycle)
    return {
      tasks: new TaskController(database, lifecycle, intake, stopping),
      delegations: new DelegationController(database, lifecycle, intake, config),
      matches: new MatchController(database, lifecycle, questions),
      runs: new RunController(database, lifecycle, stopping),
      approvals: new ApprovalController(database, deciding),
      asks: new AskController(database, lifecycle, asking, deciding),
      policies: new ApprovalPolicyController(database),
      deadlines: new ApprovalDeadlines(database, deciding, logger),
    }
  }

  /** Types of what was said about a task since the last look, in order; they stay. */
  saidOf(taskId: string): string[] {
    return this.said.filter(({ header }) => header.subject === taskId).map(({ header }) => header.type)
  }

  /** What was said as this message, with its header; taken away. */
  takeEnvelopes<P extends object>(payload: PayloadClass<P>) {
    const { type } = messageOf(payload)
    const mine = this.said.filter(({ header }) => header.type === type)
    this.said.splice(0, this.said.length, ...this.said.filter(({ header }) => header.type !== type))
    return mine.map(({ header, data }) => ({ header, payload: JSON.parse(data) as P }))
  }

  take<P extends object>(payload: PayloadClass<P>): P[] {
    return this.takeEnvelopes(payload).map((one) => one.payload)
  }

  /** Forgets what was said. */
  hush(): void {
    this.said.length = 0
  }

  task(id: string): Promise<Task> {
    return this.database.manager.findOneByOrFail(Task, { id })
  }

  attempts(taskId: string): Promise<Attempt[]> {
    return this.database.manager.find(Attempt, { where: { taskId }, order: { number: 'ASC' } })
  }

  query(sql: string): Promise<Record<string, unknown>[]> {
    return this.server.query(sql)
  }

  async stop(): Promise<void> {
    await this.database.close()
    await this.server.stop()
  }
}

export type Controllers = ReturnType<SchedulerFixture['controllers']>

/** A client of a tenant, with every role and right unless told otherwise. */
export function clientOf(tenant: string, over: Partial<ClientIdentity> = {}): ClientIdentity {
  return { id: 'anna', tenant, roles: [...roles], rights: allRights, ...over }
}

/** A message of a client as the transport hands it to a handler. */
export function asked(client: ClientIdentity, header: Partial<ReceivedMessage['header']> = {}) {
  return received({ tenant: client.tenant, replyto: client.id, ...header }, client)
}

/** A message of another service. */
export function heard(id = newId()): ReceivedMessage {
  return received({ id, tenant: 'of-the-sender' })
}

/** A message of the executor about work of a tenant. */
export function heardFrom(tenant: string): ReceivedMessage {
  return received({ tenant })
}

function received(header: Partial<ReceivedMessage['header']>, client?: ClientIdentity): ReceivedMessage {
  const at = new Date().toISOString()
  return {
    header: {
      specversion: '1.0',
      id: newId(),
      type: 'test',
      source: client ? `/clients/${client.id}` : '/services/executor',
      time: at,
      datacontenttype: 'application/json',
      tenant: '',
      ...header,
    },
    stamp: {
      verdict: 'allowed',
      at,
      router: 'router-1',
      policy: '1',
      heardOn: client ? 'gateway' : 'from:executor',
      deliveredTo: ['to:task-scheduler'],
      ...(client && { client }),
    },
    entryId: '1-1',
    attempt: 1,
    signal: new AbortController().signal,
  }
}

/** A submission with its message, as the router hands it on. */
export function submission(client: ClientIdentity, request: Partial<TaskSubmit> = {}, key: string = newId()) {
  const taskId = taskIdFor(client.tenant, key)
  const payload = Object.assign(new TaskSubmit(), { goal: 'List the files', ...request })
  return { taskId, payload, message: asked(client, { subject: taskId, idempotencykey: key }) }
}

export function matchSummary(over: Partial<MatchSummary> = {}): MatchSummary {
  return {
    matchId: newId(),
    matchScore: 0.9,
    threshold: 0.5,
    margin: 0.1,
    requiredSkills: ['files'],
    missingSkills: [],
    reasons: ['it holds files'],
    ...over,
  }
}

export function agentConfig(over: Partial<AgentConfig> = {}): AgentConfig {
  return {
    name: 'librarian',
    description: 'Knows files',
    prompt: 'Be exact.',
    runtime: 'script',
    skills: ['files'],
    functions: ['bash'],
    configuration: {},
    ...over,
  }
}

export function agentSnapshot(ephemeral = false): AgentSnapshot {
  return { ref: { id: newId(), name: 'librarian', version: 1, ephemeral }, config: agentConfig(), skills: [] }
}

/** A task that was brought into a state, as messages bring it there. */
export async function taskIn(
  state: 'matching' | 'awaiting-approval' | 'scheduled' | 'running',
  fixture: SchedulerFixture,
  { tasks, matches, runs }: Controllers,
  client: ClientIdentity,
  request: Partial<TaskSubmit> = {},
) {
  const { taskId, payload, message } = submission(client, request)
  await tasks.submit(payload, message)
  const agent = agentSnapshot()
  let approvalId = ''
  let runId = ''
  if (state === 'awaiting-approval') {
    const config = agentConfig()
    const proposed: AgentProposed = {
      taskId,
      proposalId: newId(),
      config,
      skills: [],
      drafts: [],
      files: [],
      digest: canonicalDigest(config),
      match: matchSummary(),
    }
    await matches.proposed(proposed, heard())
    approvalId = fixture.take(ApprovalRequested)[0]!.approval.id
  } else if (state !== 'matching') {
    const matched: SkillsMatched = { taskId, match: matchSummary({ agent: agent.ref }), agent }
    await matches.matched(matched, heard())
    runId = fixture.take(TaskRun)[0]!.runId
    if (state === 'running') await runs.started({ taskId, runId }, heard())
  }
  fixture.hush()
  return { taskId, agent, approvalId, runId }
}
