import { Module } from '@nestjs/common'
import { ClientController } from './clients/client.controller.js'
import { ClientDirectory } from './clients/client.directory.js'
import { ClientRecord } from './clients/client.entity.js'
import { TokenRecord } from './clients/token.entity.js'
import { DeadLetterController } from './dead-letters/dead-letter.controller.js'
import { DeadLetterRecord } from './dead-letters/dead-letter.entity.js'
import { DeadLetterIntake } from './dead-letters/dead-letter.intake.js'
import { DeadLetterRedriving } from './dead-letters/dead-letter.redriving.js'
import { DeadLetterRepository } from './dead-letters/dead-letter.repository.js'
import { MessageRouter } from './message.router.js'
import { PolicyController } from './policy/policy.controller.js'
import { PolicyRecord } from './policy/policy.entity.js'
import { readRouterConfig, RouterConfig } from './router.config.js'

/** The service's tables. */
export const entities = [ClientRecord, TokenRecord, PolicyRecord, DeadLetterRecord]

export const controllers = [ClientController, PolicyController, DeadLetterController]

export const providers = [
  ClientDirectory,
  MessageRouter,
  DeadLetterRepository,
  DeadLetterRedriving,
  DeadLetterIntake,
]

@Module({
  controllers,
  providers: [{ provide: RouterConfig, useFactory: () => readRouterConfig() }, ...providers],
})
export class RouterModule {}
