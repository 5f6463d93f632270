import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  fittingList,
  FunctionCall,
  type FunctionCalled,
  FunctionList,
  type FunctionListed,
  FunctionRegister,
  FunctionRemove,
  FunctionRemoved,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ExecutorConfig } from '../executor.config.js'
import { viewOf } from './function.view.js'
import { FunctionCatalog } from './registration/function.catalog.js'
import { FunctionCurrent } from './registration/function.current.entity.js'
import { FunctionRegistration } from './registration/function.registration.js'
import { OperatorCalls } from './registration/operator.calls.js'
import { longestCallMs } from './registration/operator.place.js'

/** They wait for a sandbox. */
const handlerTimeoutMs = longestCallMs + 15_000

/** What clients ask about functions, and which ones operators add. */
@Controller()
export class FunctionController {
  constructor(
    @Inject(ExecutorConfig) private readonly config: ExecutorConfig,
    @Inject(Database) private readonly database: Database,
    @Inject(FunctionCatalog) private readonly catalog: FunctionCatalog,
    @Inject(FunctionRegistration) private readonly registration: FunctionRegistration,
    @Inject(OperatorCalls) private readonly calls: OperatorCalls,
  ) {}

  @Handles(FunctionList)
  async list(@Payload() { name }: FunctionList, @Ctx() message: ReceivedMessage): Promise<FunctionListed> {
    const functions = await this.catalog.current(message.header.tenant)
    const wanted = functions
      .list()
      .filter((one) => name === undefined || one.name === name || one.name.startsWith(`${name}.`))
    const { kept, omitted } = fittingList(wanted.map((one) => viewOf(one, this.config.functionTiers)))
    return { functions: kept, omitted }
  }

  @Handles(FunctionRegister, { handlerTimeoutMs })
  async register(@Payload() request: FunctionRegister, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.registration.register(request, message)
  }

  @Handles(FunctionRemove)
  async remove(@Payload() { name }: FunctionRemove, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const { tenant } = message.header
      const removed = await tx.manager.delete(FunctionCurrent, { tenant, source: name })
      if (!removed.affected) throw new RequestError('function-not-found', `nothing is registered as ${name}`)
      tx.reply(message, FunctionRemoved, { name })
    })
  }

  @Handles(FunctionCall, { handlerTimeoutMs })
  call(@Payload() request: FunctionCall, @Ctx() message: ReceivedMessage): Promise<FunctionCalled> {
    return this.calls.call(request, message)
  }
}
