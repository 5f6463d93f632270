import { startService } from '@guildhall/service-defaults'
import { entities, SkillRegistryModule } from './skill-registry.module.js'

await startService({ name: 'skill-registry', module: SkillRegistryModule, entities })
