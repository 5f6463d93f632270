import { Module } from '@nestjs/common'
import { ApprovalController } from './approval.controller.js'
import { ApprovalDeadlines } from './approval.deadlines.js'
import { ApprovalService } from './approval.service.js'
import { MatchController } from './match.controller.js'
import { RunController } from './run.controller.js'
import { TaskController } from './task.controller.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { readTaskSchedulerConfig, TaskSchedulerConfig } from './task-scheduler.config.js'

@Module({
  controllers: [TaskController, MatchController, ApprovalController, RunController],
  providers: [
    { provide: TaskSchedulerConfig, useFactory: () => readTaskSchedulerConfig() },
    TaskLifecycle,
    ApprovalService,
    ApprovalDeadlines,
  ],
})
export class TaskSchedulerModule {}
