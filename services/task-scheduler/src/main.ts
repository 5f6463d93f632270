import { startService } from '@guildhall/service-defaults'
import { approvalEntities } from './approvals/approval.entities.js'
import { Attempt } from './attempt.entity.js'
import { Task } from './task.entity.js'
import { TaskSchedulerModule } from './task-scheduler.module.js'

await startService({
  name: 'task-scheduler',
  module: TaskSchedulerModule,
  entities: [Task, Attempt, ...approvalEntities],
})
