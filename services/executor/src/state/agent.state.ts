import type { AgentRef } from '@guildhall/contracts'
import type { Database } from '@guildhall/mysql'
import { type HotStrings, StateError, StateManager, type VersionedValue } from '@guildhall/state'
import { AgentKeys } from './agent.keys.js'

interface AgentStateOptions {
  tenant: string
  agent: AgentRef
  hot: HotStrings
  database: Database
}

export interface AgentSetOptions {
  persist?: boolean
  ttlMs?: number
  ifVersion?: number
}

/** How long a value stays that is not persisted, unless the agent says otherwise. */
const hotLifeMs = 24 * 3_600_000
/** The longest that it can stay; and whatever an agent keeps that was hired for one task: nobody clears away after it. */
const longestLifeMs = 30 * 24 * 3_600_000
/** As JSON. */
const largestValueBytes = 64 * 1024

/**
 * What an agent keeps from one run to the next, whatever its version: keys of its own in its tenant. An agent that was
 * hired for one task shares nothing with another of its name.
 */
export class AgentState {
  private readonly state: StateManager
  private readonly keys: AgentKeys
  private readonly isHired: boolean

  constructor({ tenant, agent, hot, database }: AgentStateOptions) {
    const space = stateSpaceOf(tenant, agent)
    this.state = new StateManager({ space, hot, database })
    this.keys = new AgentKeys(database, space)
    this.isHired = agent.ephemeral
  }

  /** @throws StateError */
  read(key: string): Promise<VersionedValue | undefined> {
    return this.state.read(key)
  }

  /**
   * @returns the version; 0 of what is not persisted
   * @throws StateError `too-much-state` when the agent keeps as much as it may; others as the StateManager
   */
  async set(key: string, value: unknown, options: AgentSetOptions): Promise<number> {
    const isPersisted = options.persist === true || options.ifVersion !== undefined
    const usualMs = isPersisted ? undefined : hotLifeMs
    const longestMs = isPersisted && !this.isHired ? undefined : longestLifeMs
    const ttlMs = least(options.ttlMs ?? usualMs, longestMs)
    const bytes = Buffer.byteLength(JSON.stringify(value))
    if (bytes > largestValueBytes)
      throw new StateError(
        'invalid-value',
        `The value has ${bytes} bytes of JSON; it may have ${largestValueBytes}`,
      )
    const undo = await this.keys.note(key, bytes, ttlMs)
    try {
      return await this.state.set(key, value, { ...options, ttlMs })
    } catch (error) {
      if (error instanceof StateError) await undo()
      throw error
    }
  }

  async forget(key: string): Promise<void> {
    await this.state.delete(key)
    await this.keys.forget(key)
  }
}

/** A name has no colon in it, so no two pairs of tenant and agent meet; and tenants' own spaces begin otherwise. */
function stateSpaceOf(tenant: string, { id, name, ephemeral }: AgentRef): string {
  return ephemeral ? `hired:${tenant}:${id}` : `agent:${tenant}:${name}`
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined ? other : Math.min(one, other ?? one)
}
