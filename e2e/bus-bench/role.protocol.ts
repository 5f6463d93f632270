import type { StreamsConnection } from '@guildhall/redis-streams'

/** With the password itself: it travels over IPC. */
export interface RoleConnection extends StreamsConnection {
  password: string
}

/** What the benchmark tells a role's process; over IPC, since arguments are for everybody to see. */
export type ToRole =
  { settings: RoleSettings } | { id: number; ask: 'cpu' } | { id: number; ask: 'run'; order: unknown }

/** What a role's process answers. */
export type FromRole = { ready: true } | { id: number; answer: unknown } | { id: number; error: string }

export interface RoleSettings {
  /** Redis, as the user of this role. */
  redis: RoleConnection
  shard: string
}

/** Have messages sent: so many at once, or at an even rate. */
export interface SendOrder {
  messages: number
  pace: { lanes: number; batch: number } | { perSecond: number }
}

export interface Sent {
  /** Of the clock that all processes share. */
  firstAtMs: number
}

/** Wait until so many messages were handled since the last order. */
export interface HandleOrder {
  messages: number
}

export interface Handled {
  lastAtMs: number
  /** From the sending of each message to its handling. */
  latenciesMs: number[]
  /** Messages that were handled more than once; known only where handlers keep the ids. */
  doubled?: number
}

/** Have requests sent, so many at once, and wait for all answers. */
export interface RequestOrder {
  messages: number
  lanes: number
}

export interface Answered {
  tookMs: number
  latenciesMs: number[]
}
