import { startService } from '@guildhall/service-defaults'
import { entities, RouterModule } from './router.module.js'

await startService({ name: 'router', module: RouterModule, entities })
