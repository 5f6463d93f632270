import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  type ReceivedMessage,
  RequestError,
  StateDelete,
  StateDeleted,
  StateFound,
  StateGet,
  StateSet,
  StateStored,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles, HotStore } from '@guildhall/redis-streams'
import { StateError, StateManager } from '@guildhall/state'

/**
 * The tenant's own key space. A set and a deletion leave the same state however often they are delivered, so they
 * need no inbox.
 */
@Controller()
export class StateController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(HotStore) private readonly hot: HotStore,
  ) {}

  @Handles(StateGet)
  async get(@Payload() { key }: StateGet, @Ctx() message: ReceivedMessage): Promise<StateFound> {
    const value = await refusing(this.stateOf(message).get(key))
    return { key, found: value !== undefined, value: value ?? null }
  }

  @Handles(StateSet)
  async set(@Payload() request: StateSet, @Ctx() message: ReceivedMessage): Promise<StateStored> {
    const { key, value, persist, ttlMs } = request
    await refusing(this.stateOf(message).set(key, value, { persist, ttlMs }))
    return { key }
  }

  @Handles(StateDelete)
  async delete(@Payload() { key }: StateDelete, @Ctx() message: ReceivedMessage): Promise<StateDeleted> {
    await refusing(this.stateOf(message).delete(key))
    return { key }
  }

  private stateOf({ header }: ReceivedMessage): StateManager {
    return new StateManager({ space: `tenant:${header.tenant}`, hot: this.hot, database: this.database })
  }
}

async function refusing<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof StateError ? new RequestError(error.code, error.message) : error
  })
}
