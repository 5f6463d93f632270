import type { BenchPlace } from '../bench.place.js'
import { CpuMeter } from '../cpu.meter.js'
import type { RoleProcess } from '../role.process.js'
import type { Handled, HandleOrder, SendOrder, Sent } from '../role.protocol.js'
import { latencyOf, type Measurement, warmUpShare } from '../scenario.js'

/** The processes of a scenario in which messages go one way. */
export interface OneWay {
  sender: RoleProcess
  /** Those between, by the name in the table; those that take orders are told how many messages come. */
  between: Record<string, RoleProcess>
  toldBetween: readonly RoleProcess[]
  handler: RoleProcess
}

/**
 * Sends messages, after a warm-up, and waits until they are handled and nothing is left.
 * @throws Error when a message was handled twice or something is left.
 */
export async function measureOneWay(
  place: BenchPlace,
  way: OneWay,
  messages: number,
  pace: SendOrder['pace'],
): Promise<Measurement> {
  await carry(place, way, Math.ceil(messages * warmUpShare), pace)
  await place.trimAudit()
  const { sender, between, handler } = way
  const meter = await CpuMeter.start(place, { sender, ...between, handler })
  const { firstAtMs, lastAtMs, latenciesMs } = await carry(place, way, messages, pace)
  const measured = { messages, cpuUs: await meter.read(messages), latencyMs: latencyOf(latenciesMs) }
  return 'perSecond' in pace ? measured : { ...measured, rate: (messages * 1_000) / (lastAtMs - firstAtMs) }
}

/** Has messages sent and waits until they are handled and nothing is left. */
export async function carry(
  place: BenchPlace,
  { sender, toldBetween, handler }: OneWay,
  messages: number,
  pace: SendOrder['pace'],
): Promise<Sent & Handled> {
  const [handled, sent] = await Promise.all([
    handler.run<Handled>({ messages } satisfies HandleOrder),
    sender.run<Sent>({ messages, pace } satisfies SendOrder),
    ...toldBetween.map((role) => role.run({ messages } satisfies HandleOrder)),
  ])
  if (handled.doubled) throw new Error(`${handled.doubled} messages were handled twice`)
  await place.untilSettled()
  return { ...sent, ...handled }
}
