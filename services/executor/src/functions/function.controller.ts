import { Controller, Inject } from '@nestjs/common'
import { FunctionList, FunctionListed } from '@guildhall/contracts'
import { Handles } from '@guildhall/redis-streams'
import { defaultLimits } from '@guildhall/sandbox'
import { ExecutorConfig } from '../executor.config.js'
import { FunctionRegistry } from './function.registry.js'
import { effectiveTier } from './tier.policy.js'

/** Says which functions there are, and how much care the operator has them take. */
@Controller()
export class FunctionController {
  constructor(
    @Inject(ExecutorConfig) private readonly config: ExecutorConfig,
    @Inject(FunctionRegistry) private readonly functions: FunctionRegistry,
  ) {}

  @Handles(FunctionList)
  list(): FunctionListed {
    const { wallMs, memoryBytes, processes, outputBytes } = defaultLimits
    return {
      functions: this.functions.list().map((definition) => {
        const { name, description, parameters, repeatable } = definition
        const tier = effectiveTier(definition, this.config.functionTiers, {})
        const limits = { wallMs, memoryBytes, processes, outputBytes }
        return { name, description, parameters, repeatable, tier, limits }
      }),
    }
  }
}
