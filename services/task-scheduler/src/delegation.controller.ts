import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  askedRights,
  causedBy,
  delegatedTaskIdFor,
  DelegationEnded,
  isTerminal,
  nothingUsed,
  type ReceivedMessage,
  TaskDelegate,
  TaskDelegated,
} from '@guildhall/contracts'
import { Database, type Transaction } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { usageOf } from './delegation.ending.js'
import { delegatedRights, reasonNotToDelegate, reasonNotToMount, type Refused } from './delegation.policy.js'
import { runRights } from './run.rights.js'
import { Task } from './task.entity.js'
import { TaskIntake } from './task.intake.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskSchedulerConfig } from './task-scheduler.config.js'

interface Wanted {
  id: string
  parent: Task | undefined
  request: TaskDelegate
  message: ReceivedMessage
}

/** Tasks that runs hand on. */
@Controller()
export class DelegationController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(TaskLifecycle) private readonly lifecycle: TaskLifecycle,
    @Inject(TaskIntake) private readonly intake: TaskIntake,
    @Inject(TaskSchedulerConfig) private readonly config: TaskSchedulerConfig,
  ) {}

  @Handles(TaskDelegate)
  async delegate(@Payload() request: TaskDelegate, @Ctx() message: ReceivedMessage): Promise<void> {
    const { taskId: parentTaskId, runId, key } = request
    const id = delegatedTaskIdFor(runId, key)
    await this.database.handleOnce(message, async (tx) => {
      const parent = await this.lifecycle.lock(tx, parentTaskId)
      const known = await tx.manager.findOneBy(Task, { id, parentRunId: runId })
      if (known) {
        const { state, rights } = known
        const answer = { taskId: id, parentTaskId, state, duplicate: true, rights, removed: [] }
        tx.reply(message, TaskDelegated, answer)
        return
      }
      await this.handOn(tx, { id, parent, request, message })
    })
  }

  private async handOn(tx: Transaction, o: Wanted): Promise<void> {
    const { id, parent, request, message } = o
    const { taskId: _, runId, key: __, rights: wish, maxAttempts = 1, ...rest } = request
    const earlier = await tx.manager.findBy(Task, { parentRunId: runId })
    const refusal = reasonNotToDelegate(parent, {
      runId,
      maxDepth: this.config.delegationDepth,
      delegations: earlier.length,
    })
    if (refusal) return refuse(tx, o, refusal)
    if (!parent?.agent) {
      return refuse(tx, o, { code: 'run-ended', message: `run ${runId} is no run of this task` })
    }
    const usage = await usageOf(
      tx.manager,
      earlier.filter(({ state }) => isTerminal(state)).map((task) => task.id),
    )
    const { granted: rights, removed } = delegatedRights(runRights(parent, parent.agent), askedRights(wish), {
      attempts: maxAttempts,
      earlier: earlier.map((task) => ({
        budget: task.rights.budget,
        attempts: task.maxAttempts,
        ...(isTerminal(task.state) && { used: usage.get(task.id) ?? nothingUsed }),
      })),
    })
    const unmountable = reasonNotToMount(rest.mounts ?? [], rights)
    if (unmountable) return refuse(tx, o, unmountable)
    const { tenant, clientId } = parent
    const task = await this.intake.put(tx, {
      id,
      tenant,
      clientId,
      request: { ...rest, maxAttempts },
      rights,
      traceparent: message.header.traceparent ?? parent.traceparent,
      parent: { taskId: parent.id, runId, depth: parent.depth + 1 },
    })
    const { state } = task
    tx.reply(message, TaskDelegated, {
      taskId: id,
      parentTaskId: parent.id,
      state,
      duplicate: false,
      rights,
      removed,
    })
    await this.intake.begin(tx, task, message.header.id)
  }
}

/** The run waits for an end: it is told that there is nothing to wait for. */
function refuse(tx: Transaction, { id, request, message }: Wanted, error: Refused): void {
  const { taskId, runId } = request
  const ended: DelegationEnded = {
    taskId,
    runId,
    delegatedTaskId: id,
    state: 'refused',
    error,
    artifacts: [],
    used: nothingUsed,
  }
  tx.publish(DelegationEnded, ended, causedBy(message.header))
}
