/**
 * Bounds of one run's traffic.
 *
 * - `connections` at the same time, `allConnections` over the run's life.
 * - `bytes` both ways over the run's life, as they pass the network; overrun by what is under way at that moment.
 * - `headerBytes` of a request.
 * - `connectMs` for the name and the connection together. `idleMs` without a byte either way. `connectionMs` of one
 *   connection, start to end.
 */
export interface EgressLimits {
  connections: number
  allConnections: number
  bytes: number
  headerBytes: number
  connectMs: number
  idleMs: number
  connectionMs: number
}

export const defaultEgressLimits: Readonly<EgressLimits> = Object.freeze({
  connections: 32,
  allConnections: 2_000,
  bytes: 1024 ** 3,
  headerBytes: 16 * 1024,
  connectMs: 10_000,
  idleMs: 60_000,
  connectionMs: 600_000,
})
