import { startService } from '@guildhall/service-defaults'
import type { RoleSettings } from '../role.protocol.js'
import { answerOrders, receiveSettings } from '../role.serving.js'
import { ConsumerModule, tally } from './consumer.module.js'

export interface ConsumerSettings extends RoleSettings {
  /** Handlers at once. */
  concurrency: number
}

/** The executor's ear: a whole service, with handlers that do nothing but count. */
const { concurrency } = await receiveSettings<ConsumerSettings>()
await startService({ name: 'executor', module: ConsumerModule, concurrency })
answerOrders(tally)
