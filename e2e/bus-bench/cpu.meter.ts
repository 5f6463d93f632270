import type { BenchPlace } from './bench.place.js'
import type { RoleProcess } from './role.process.js'

/** CPU microseconds per message. */
export interface CpuPerMessage {
  /** Of each role's process. */
  roles: Record<string, number>
  redis: number
  /** Of all, Redis included. */
  sum: number
}

/** What the roles of a scenario and Redis use between its start and its reading. */
export class CpuMeter {
  private constructor(
    private readonly place: BenchPlace,
    private readonly roles: Record<string, RoleProcess>,
    private readonly before: Record<string, number>,
    private readonly redisBefore: number,
  ) {}

  static async start(place: BenchPlace, roles: Record<string, RoleProcess>): Promise<CpuMeter> {
    return new CpuMeter(place, roles, await readAll(roles), await place.redisCpuMs())
  }

  async read(messages: number): Promise<CpuPerMessage> {
    const [now, redisNow] = await Promise.all([readAll(this.roles), this.place.redisCpuMs()])
    const perMessage = (ms: number) => (ms * 1_000) / messages
    const roles = Object.fromEntries(
      Object.entries(now).map(([name, ms]) => [name, perMessage(ms - (this.before[name] ?? 0))]),
    )
    const redis = perMessage(redisNow - this.redisBefore)
    return { roles, redis, sum: Object.values(roles).reduce((a, b) => a + b, redis) }
  }
}

async function readAll(roles: Record<string, RoleProcess>): Promise<Record<string, number>> {
  const read = Object.entries(roles).map(async ([name, role]) => [name, await role.cpuMs()] as const)
  return Object.fromEntries(await Promise.all(read))
}
