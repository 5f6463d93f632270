import { Artifact } from './artifacts/artifact.entity.js'
import { FunctionCurrent } from './functions/registration/function.current.entity.js'
import { FunctionVersion } from './functions/registration/function.version.entity.js'
import { OperatorCall } from './functions/registration/operator.call.entity.js'
import { Delegation } from './runs/delegation.entity.js'
import { Question } from './runs/question.entity.js'
import { Run } from './runs/run.entity.js'
import { Step } from './runs/step.entity.js'
import { AgentStateKey } from './state/agent-state-key.entity.js'

/** Every table of the executor that is not the library's own. */
export const executorEntities = [
  Run,
  Step,
  Question,
  Delegation,
  AgentStateKey,
  Artifact,
  FunctionVersion,
  FunctionCurrent,
  OperatorCall,
]
