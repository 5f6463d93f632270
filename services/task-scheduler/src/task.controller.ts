import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  fittingList,
  functionNames,
  isTerminal,
  type ReceivedMessage,
  RequestError,
  RunCancel,
  SkillsMatch,
  TaskAccepted,
  TaskCancel,
  TaskCancelRequested,
  TaskFound,
  TaskGet,
  TaskList,
  TaskListed,
  TaskSubmit,
  TerminalError,
} from '@guildhall/contracts'
import { Database, row, type Transaction } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Task } from './task.entity.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskSchedulerConfig } from './task-scheduler.config.js'
import { taskView } from './task.views.js'

/** What clients ask about tasks. */
@Controller()
export class TaskController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(TaskSchedulerConfig) private readonly config: TaskSchedulerConfig,
  ) {}

  @Handles(TaskSubmit)
  async submit(@Payload() request: TaskSubmit, @Ctx() message: ReceivedMessage): Promise<void> {
    const { subject: id, tenant, replyto: clientId, traceparent } = message.header
    if (!id || !clientId)
      throw new TerminalError('invalid-header', 'task.submit needs a subject and a replyto')
    await this.database.handleOnce(message, async (tx) => {
      const known = await this.lifecycle.lock(tx, id)
      if (known) {
        tx.reply(message, TaskAccepted, { taskId: id, state: known.state, duplicate: true })
        return
      }
      const task = this.newTask(id, tenant, clientId, request, traceparent ?? null)
      await tx.manager.insert(Task, row<Task>(task))
      tx.reply(message, TaskAccepted, { taskId: id, state: task.state, duplicate: false })
      const origin = this.lifecycle.origin(task, message.header.id)
      await this.lifecycle.move(tx, task, 'matching', {}, origin)
      tx.publish(SkillsMatch, { taskId: id, goal: task.goal, functions: [...functionNames] }, origin)
    })
  }

  @Handles(TaskCancel)
  async cancel(@Payload() request: TaskCancel, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const task = await this.lifecycle.lock(tx, request.taskId)
      const client = message.stamp.client
      if (!task || task.tenant !== message.header.tenant) throw notFound(request.taskId)
      if (task.clientId !== client?.id && !client?.roles.includes('operator')) {
        throw new RequestError('not-permitted', 'only the task’s own client or an operator may cancel it')
      }
      if (isTerminal(task.state)) throw new RequestError('task-ended', `the task is ${task.state} already`)
      await this.stop(tx, task, request.reason ?? `canceled by ${client.id}`, message)
      tx.reply(message, TaskCancelRequested, { taskId: task.id, state: task.state })
    })
  }

  @Handles(TaskGet)
  async get(@Payload() { taskId }: TaskGet, @Ctx() message: ReceivedMessage): Promise<TaskFound> {
    const task = await this.database.manager.findOneBy(Task, { id: taskId, tenant: message.header.tenant })
    if (!task) throw notFound(taskId)
    return { task: taskView(task) }
  }

  @Handles(TaskList)
  async list(@Payload() { state, limit }: TaskList, @Ctx() message: ReceivedMessage): Promise<TaskListed> {
    const tasks = await this.database.manager.find(Task, {
      where: { tenant: message.header.tenant, ...(state && { state }) },
      order: { createdAt: 'DESC', id: 'DESC' },
      take: limit ?? 50,
    })
    const { kept, omitted } = fittingList(tasks.map(taskView))
    return { tasks: kept, omitted }
  }

  private async stop(tx: Transaction, task: Task, reason: string, message: ReceivedMessage): Promise<void> {
    const origin = this.lifecycle.origin(task, message.header.id)
    if (task.runId && (task.state === 'scheduled' || task.state === 'running')) {
      // The task is canceled when the executor has seen the last process die, not before.
      await tx.manager.update(Task, { id: task.id }, { cancelReason: reason })
      tx.publish(RunCancel, { taskId: task.id, runId: task.runId, reason }, origin)
      return
    }
    const error = { code: 'canceled', message: reason }
    await this.lifecycle.move(tx, task, 'canceled', { cancelReason: reason, error }, origin)
  }

  private newTask(
    id: string,
    tenant: string,
    clientId: string,
    request: TaskSubmit,
    traceparent: string | null,
  ) {
    const now = new Date()
    return Object.assign(new Task(), {
      id,
      tenant,
      clientId,
      goal: request.goal,
      inputs: request.inputs ?? {},
      files: request.files ?? [],
      mounts: request.mounts ?? [],
      state: 'submitted' as const,
      attempt: 0,
      maxAttempts: request.maxAttempts ?? this.config.defaultMaxAttempts,
      timeoutMs: request.timeoutMs ?? this.config.defaultTimeoutMs,
      runId: null,
      agent: null,
      match: null,
      approvalId: null,
      result: null,
      error: null,
      artifacts: [],
      cancelReason: null,
      traceparent,
      createdAt: now,
      updatedAt: now,
    })
  }
}

function notFound(taskId: string): RequestError {
  return new RequestError(
    'task-not-found',
    `there is no task ${taskId}: \`guildhall tasks list\` shows those there are`,
  )
}
