import type { SweeperSettings } from '@guildhall/mysql'
import type { StreamsConnection } from '@guildhall/redis-streams'

/** What a worker process is told when it starts; over the channel, since arguments are for everybody to see. */
export interface RoleOrders {
  instance: string
  shard: string
  redis: StreamsConnection & { password: string }
  mysql: { host: string; port: number; password: string }
  /** Default: the product's. */
  reclaimIdleMs?: number | undefined
  handlerTimeoutMs?: number | undefined
  sweeper?: Partial<SweeperSettings> | undefined
  /** How the worker that says messages begins; can be changed with `load`. */
  load: Load
}

/** How much is said, on which keys. */
export interface Load {
  perSecond: number
  keys: number
  seed: number
}

/** What a numbered message carries: the nth of its key. */
export interface Numbered {
  key: number
  n: number
  /** What its handler does instead of handling it at once. Default: nothing of the kind. */
  does?: 'hang' | 'exit' | 'throw' | 'block' | 'take-long'
  /** For how long it blocks the event loop, or takes. */
  takesMs?: number
}

/** What a process is told while it runs. */
export type RoleRequest = { orders: RoleOrders } | { load: Load } | { ask: 'memory' }

/** What a process tells. */
export type RoleReport =
  | { report: 'ready' }
  | { report: 'memory'; heapUsedBytes: number }
  /** A message came once more after it had been handled, or is not at its first try. */
  | { report: 'repeated'; messageId: string; attempt: number; wasHandled: boolean }
  | { report: 'began'; does: string; n: number; attempt: number }
