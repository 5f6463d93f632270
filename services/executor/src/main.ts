import { startService } from '@guildhall/service-defaults'
import { executorEntities } from './executor.entities.js'
import { ExecutorModule } from './executor.module.js'

await startService({ name: 'executor', module: ExecutorModule, entities: executorEntities })
