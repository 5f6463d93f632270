import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  AuditCount,
  AuditCounted,
  AuditList,
  AuditListed,
  fittingList,
  type ReceivedMessage,
} from '@guildhall/contracts'
import { Handles } from '@guildhall/redis-streams'
import { AuditRepository } from './audit.repository.js'
import { auditView } from './audit.views.js'

/** What operators ask about the audit. */
@Controller()
export class AuditController {
  constructor(@Inject(AuditRepository) private readonly records: AuditRepository) {}

  @Handles(AuditList)
  async list(@Payload() request: AuditList, @Ctx() message: ReceivedMessage): Promise<AuditListed> {
    const records = await this.records.newest(message.header.tenant, request)
    const { kept, omitted } = fittingList(
      records.map(({ record, head }) => auditView(record, head)).toReversed(),
    )
    return { records: kept.toReversed(), omitted }
  }

  @Handles(AuditCount)
  async count(@Payload() _request: AuditCount, @Ctx() message: ReceivedMessage): Promise<AuditCounted> {
    const { allowed, denied } = await this.records.count(message.header.tenant)
    return { records: allowed + denied, allowed, denied }
  }
}
