import { startService } from '@guildhall/service-defaults'
import { AuditModule } from './audit.module.js'
import { AuditBlock } from './audit-block.entity.js'
import { AuditRecord } from './audit-record.entity.js'

await startService({ name: 'audit', module: AuditModule, entities: [AuditBlock, AuditRecord] })
