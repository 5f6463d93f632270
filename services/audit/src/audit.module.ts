import { Module } from '@nestjs/common'
import { AuditController } from './audit.controller.js'
import { AuditIntake } from './audit.intake.js'
import { AuditRepository } from './audit.repository.js'

@Module({ controllers: [AuditController], providers: [AuditRepository, AuditIntake] })
export class AuditModule {}
