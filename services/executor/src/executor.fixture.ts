import { randomUUID } from 'node:crypto'
import type {
  ApprovalAnswered,
  DelegationEnded,
  Envelope,
  ReceivedMessage,
  RunCancel,
  TaskRun,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { HotStore, type StreamsConnection } from '@guildhall/redis-streams'
import { createBubblewrapSandbox } from '@guildhall/sandbox'
import { Metrics } from '@guildhall/service-defaults'
import { EgressRecord } from './egress.record.js'
import type { ExecutorConfig } from './executor.config.js'
import { builtInFunctions } from './functions/built-in.functions.js'
import { FunctionController } from './functions/function.controller.js'
import { FunctionCatalog } from './functions/registration/function.catalog.js'
import { FunctionFolders } from './functions/registration/function.folders.js'
import { FunctionRegistration } from './functions/registration/function.registration.js'
import { OperatorCalls } from './functions/registration/operator.calls.js'
import { OperatorPlace } from './functions/registration/operator.place.js'
import { executorEntities } from './executor.entities.js'
import { createEgress, createFunctionCaller, createRunExecutor, createRunLoop } from './executor.module.js'
import { AnswerController } from './runs/answer.controller.js'
import { DelegationController } from './runs/delegation.controller.js'
import { RunConclusion } from './runs/run.conclusion.js'
import { RunController } from './runs/run.controller.js'
import type { ClaimedRun } from './runs/run.entity.js'
import { RunRepository } from './runs/run.repository.js'
import { RunFolders } from './workspaces/run.folders.js'
import { RunSandboxes } from './workspaces/run.sandboxes.js'

export interface ExecutorOrders {
  instance: string
  /** Where the executor's schema is, and the password of its account. */
  database: { host: string; port: number; password: string }
  config: ExecutorConfig
  /** Default: as in production. */
  leaseMs?: number
  /** Default: none, and what needs it fails. */
  redis?: StreamsConnection
}

/** Called before or after something is committed; whoever does not return from it holds the executor up. */
export interface ExecutorHooks {
  onClaimed?: (run: ClaimedRun) => Promise<void>
  onWrite?: (runId: string, side: 'before' | 'after') => Promise<void>
}

/** What an executor said: the type and the payload. */
export interface Said {
  type: string
  payload: Record<string, unknown>
  header: Envelope['header']
}

const noRedis = () => Promise.reject(new Error('this test has no Redis'))
const noHot = { get: noRedis, set: noRedis, delete: noRedis }
const noise = () => undefined
const logger = { info: noise, warn: noise, error: noise, debug: () => undefined }

/** The executor's parts as its module joins them, with what it publishes handed to `onSaid`. */
export async function openExecutor(
  orders: ExecutorOrders,
  onSaid: (said: Said) => void | Promise<void>,
  hooks: ExecutorHooks = {},
) {
  const { instance, database: address, config, leaseMs } = orders
  const publisher = {
    async publish(envelopes: readonly Envelope[]) {
      for (const { header, data } of envelopes) {
        await onSaid({ type: header.type, payload: JSON.parse(data) as Record<string, unknown>, header })
      }
    },
  }
  const database = await Database.open({
    service: 'executor',
    ...address,
    entities: executorEntities,
    publisher,
  })
  const runs = new RunRepository(database, instance, leaseMs)
  hook(runs, hooks)
  const conclusion = new RunConclusion(runs)
  const folders = new RunFolders(config.dir, config.mountRoots, config.privateDirs)
  const metrics = new Metrics('executor')
  const sandbox = createBubblewrapSandbox()
  const egressRecord = new EgressRecord(database, metrics, logger)
  const functionFolders = new FunctionFolders(config.dir)
  const catalog = new FunctionCatalog(builtInFunctions, database, runs, functionFolders)
  const { functionTiers: tiers, concurrency } = config
  const caller = createFunctionCaller(config, folders, metrics)
  const sandboxes = new RunSandboxes(sandbox, concurrency)
  const egress = createEgress(config, egressRecord)
  const place = new OperatorPlace(caller, sandboxes, folders, egress, concurrency)
  const functions = new FunctionController(
    config,
    database,
    catalog,
    new FunctionRegistration(database, catalog, functionFolders, place, tiers),
    new OperatorCalls(database, catalog, place, tiers),
  )
  const hot = orders.redis
    ? new HotStore({ connection: orders.redis, shards: ['main'], service: 'executor' })
    : noHot
  const executor = createRunExecutor(
    database,
    runs,
    conclusion,
    folders,
    config,
    caller,
    sandboxes,
    egress,
    catalog,
    egressRecord,
    logger,
    hot,
  )
  const loop = createRunLoop(runs, executor, config, logger, metrics)
  const controller = new RunController(database, runs, conclusion, loop, logger)
  const answers = new AnswerController(database, runs, loop, logger)
  const delegations = new DelegationController(database, runs, loop, logger)
  return {
    database,
    loop,
    metrics,
    functions,
    run: (request: TaskRun) => controller.run(request, message('task.run', request.taskId)),
    cancel: (request: RunCancel) => controller.cancel(request, message('run.cancel', request.taskId)),
    answer: (answer: ApprovalAnswered) =>
      answers.answered(answer, message('approval.answered', answer.taskId)),
    delegationEnded: (ended: DelegationEnded) =>
      delegations.ended(ended, message('delegation.ended', ended.taskId)),
    close: async () => {
      await loop.stop()
      if ('close' in hot) await hot.close()
      await database.close()
    },
  }
}

function hook(runs: RunRepository, { onClaimed, onWrite }: ExecutorHooks): void {
  const claimNext = runs.claimNext.bind(runs)
  runs.claimNext = async (...except) => {
    const run = await claimNext(...except)
    if (run) await onClaimed?.(run)
    return run
  }
  const fenced = runs.fenced.bind(runs)
  runs.fenced = async (runId, ...work) => {
    await onWrite?.(runId, 'before')
    const result = await fenced(runId, ...work)
    await onWrite?.(runId, 'after')
    return result
  }
}

export function message(type: string, taskId: string): ReceivedMessage {
  const at = new Date().toISOString()
  return {
    header: {
      specversion: '1.0',
      id: randomUUID(),
      type,
      source: '/services/task-scheduler',
      subject: taskId,
      time: at,
      datacontenttype: 'application/json',
      tenant: 'local',
      replyto: 'tester',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    },
    stamp: {
      verdict: 'allowed',
      at,
      router: 'r',
      policy: '1',
      heardOn: 'from:task-scheduler',
      deliveredTo: ['to:executor'],
    },
    entryId: '1-1',
    attempt: 1,
    signal: new AbortController().signal,
  }
}
