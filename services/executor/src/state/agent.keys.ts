import { hash } from 'node:crypto'
import { type Database, LessThan } from '@guildhall/mysql'
import { StateError } from '@guildhall/state'
import { AgentStateKey } from './agent-state-key.entity.js'

const mostKeys = 1_000
const mostBytes = 8 * 1024 * 1024

/** Which keys an agent has, so that it cannot fill what it shares with everybody. Runs side by side may overshoot by a key each. */
export class AgentKeys {
  constructor(
    private readonly database: Database,
    private readonly space: string,
  ) {}

  /**
   * Notes what is about to be kept.
   * @returns takes the note back
   * @throws StateError `too-much-state`
   */
  async note(key: string, valueBytes: number, ttlMs: number | undefined): Promise<() => Promise<void>> {
    const id = this.idOf(key)
    const bytes = valueBytes + Buffer.byteLength(key)
    const expiresAt = ttlMs === undefined ? null : new Date(Date.now() + ttlMs)
    const before = await this.database.transact(async ({ manager }) => {
      await manager.delete(AgentStateKey, { space: this.space, expiresAt: LessThan(new Date()) })
      const known = await manager.findOneBy(AgentStateKey, id)
      const others = await manager
        .createQueryBuilder(AgentStateKey, 'one')
        .select('COUNT(*)', 'keys')
        .addSelect('COALESCE(SUM(one.bytes), 0)', 'bytes')
        .where('one.space = :space AND one.keyDigest <> :keyDigest', id)
        .getRawOne<{ keys: string; bytes: string }>()
      refuseTooMuch(Number(others?.keys) + 1, Number(others?.bytes) + bytes)
      await manager.upsert(AgentStateKey, { ...id, bytes, expiresAt }, ['space', 'keyDigest'])
      return known
    })
    return async () => {
      if (before) await this.database.manager.update(AgentStateKey, id, before)
      else await this.forget(key)
    }
  }

  async forget(key: string): Promise<void> {
    await this.database.manager.delete(AgentStateKey, this.idOf(key))
  }

  private idOf(key: string): { space: string; keyDigest: string } {
    return { space: this.space, keyDigest: hash('sha256', key) }
  }
}

function refuseTooMuch(keys: number, bytes: number): void {
  if (keys > mostKeys)
    throw new StateError('too-much-state', `An agent keeps ${mostKeys} keys at most: forget some`)
  if (bytes <= mostBytes) return
  throw new StateError('too-much-state', `An agent keeps ${mostBytes} bytes at most: forget some`)
}
