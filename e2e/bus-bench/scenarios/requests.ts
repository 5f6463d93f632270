import type { BenchPlace } from '../bench.place.js'
import { CpuMeter } from '../cpu.meter.js'
import type { RoleProcess } from '../role.process.js'
import type { Answered, RequestOrder } from '../role.protocol.js'
import { latencyOf, type Measurement, warmUpShare } from '../scenario.js'

/** Has requests sent and answered, after a warm-up. `others` are the answering processes and those between. */
export async function measureRequests(
  place: BenchPlace,
  requester: RoleProcess,
  others: Record<string, RoleProcess>,
  order: RequestOrder,
): Promise<Measurement> {
  const { messages } = order
  await requester.run<Answered>({ ...order, messages: Math.ceil(messages * warmUpShare) })
  await place.untilSettled()
  await place.trimAudit()
  const meter = await CpuMeter.start(place, { requester, ...others })
  const { tookMs, latenciesMs } = await requester.run<Answered>(order)
  await place.untilSettled()
  return {
    messages,
    rate: (messages * 1_000) / tookMs,
    cpuUs: await meter.read(messages),
    latencyMs: latencyOf(latenciesMs),
  }
}
