import { startService } from '@guildhall/service-defaults'
import { AuditModule } from './audit.module.js'
import { AuditRecord } from './audit-record.entity.js'

await startService({ name: 'audit', module: AuditModule, entities: [AuditRecord] })
