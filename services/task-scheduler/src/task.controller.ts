import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  askedRights,
  fittingList,
  isTerminal,
  narrowRights,
  noRights,
  type ReceivedMessage,
  RequestError,
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
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { Attempt } from './attempt.entity.js'
import { reasonNotToMount } from './delegation.policy.js'
import { Task } from './task.entity.js'
import { TaskIntake } from './task.intake.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskStopping } from './task.stopping.js'
import { attemptView, taskView } from './task.views.js'
import { waitsOf } from './task.waits.js'

/** What clients ask about tasks. */
@Controller()
export class TaskController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(TaskIntake) private readonly intake: TaskIntake,
    @Inject(TaskStopping) private readonly stopping: TaskStopping,
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
      const held = message.stamp.client?.rights ?? noRights
      const { granted: rights } = narrowRights(held, askedRights(request.rights))
      const unmountable = reasonNotToMount(request.mounts ?? [], rights)
      if (unmountable) throw new RequestError(unmountable.code, unmountable.message)
      const wanted = { id, tenant, clientId, request, rights, traceparent: traceparent ?? null }
      const task = await this.intake.put(tx, wanted)
      tx.reply(message, TaskAccepted, { taskId: id, state: task.state, duplicate: false })
      await this.intake.begin(tx, task, message.header.id)
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
      const reason = request.reason ?? `canceled by ${client.id}`
      await this.stopping.stop(tx, task, reason, message.header.id)
      tx.reply(message, TaskCancelRequested, { taskId: task.id, state: task.state })
    })
  }

  @Handles(TaskGet)
  async get(@Payload() { taskId }: TaskGet, @Ctx() message: ReceivedMessage): Promise<TaskFound> {
    const task = await this.database.manager.findOneBy(Task, { id: taskId, tenant: message.header.tenant })
    if (!task) throw notFound(taskId)
    const attempts = await this.database.manager.find(Attempt, {
      where: { taskId },
      order: { number: 'ASC' },
    })
    const waitsFor = await waitsOf(this.database.manager, task)
    return { task: taskView(task), attempts: attempts.map(attemptView), rights: task.rights, waitsFor }
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
}

function notFound(taskId: string): RequestError {
  return new RequestError(
    'task-not-found',
    `there is no task ${taskId}: \`guildhall tasks list\` shows those there are`,
  )
}
