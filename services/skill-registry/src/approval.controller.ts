import { Controller, Inject } from '@nestjs/common'
import { Payload } from '@nestjs/microservices'
import { ApprovalAnswered } from '@guildhall/contracts'
import { Handles } from '@guildhall/redis-streams'
import { ServiceLogger } from '@guildhall/service-defaults'

/** Answers to questions of the registry; one that it did not ask is logged and changes nothing. */
@Controller()
export class ApprovalController {
  constructor(@Inject(ServiceLogger) private readonly logger: ServiceLogger) {}

  @Handles(ApprovalAnswered)
  answered(@Payload() { askId, kind, state }: ApprovalAnswered): void {
    this.logger.warn({ askId, kind, state }, 'answer to a question that the registry did not ask')
  }
}
