import { startService } from '@guildhall/service-defaults'
import { ClientRecord } from './client.entity.js'
import { RouterModule } from './router.module.js'

await startService({ name: 'router', module: RouterModule, entities: [ClientRecord] })
