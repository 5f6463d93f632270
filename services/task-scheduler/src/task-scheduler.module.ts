import { Module } from '@nestjs/common'
import { ApprovalAsking } from './approvals/approval.asking.js'
import { ApprovalController } from './approvals/approval.controller.js'
import { ApprovalDeadlines } from './approvals/approval.deadlines.js'
import { ApprovalDeciding } from './approvals/approval.deciding.js'
import { AskController } from './approvals/ask.controller.js'
import { MatchQuestions } from './approvals/match.questions.js'
import { ApprovalPolicyController } from './approvals/policy.controller.js'
import { DelegationController } from './delegation.controller.js'
import { MatchController } from './match.controller.js'
import { RunController } from './run.controller.js'
import { TaskController } from './task.controller.js'
import { TaskIntake } from './task.intake.js'
import { TaskLifecycle } from './task.lifecycle.js'
import { TaskStopping } from './task.stopping.js'
import { readTaskSchedulerConfig, TaskSchedulerConfig } from './task-scheduler.config.js'

@Module({
  controllers: [
    TaskController,
    DelegationController,
    MatchController,
    RunController,
    ApprovalController,
    AskController,
    ApprovalPolicyController,
  ],
  providers: [
    { provide: TaskSchedulerConfig, useFactory: () => readTaskSchedulerConfig() },
    TaskLifecycle,
    TaskIntake,
    TaskStopping,
    ApprovalDeciding,
    ApprovalAsking,
    MatchQuestions,
    ApprovalDeadlines,
  ],
})
export class TaskSchedulerModule {}
