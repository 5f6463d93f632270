import { startService } from '@guildhall/service-defaults'
import { Artifact } from './artifacts/artifact.entity.js'
import { ExecutorModule } from './executor.module.js'
import { Question } from './runs/question.entity.js'
import { Run } from './runs/run.entity.js'
import { Step } from './runs/step.entity.js'

await startService({ name: 'executor', module: ExecutorModule, entities: [Run, Step, Question, Artifact] })
