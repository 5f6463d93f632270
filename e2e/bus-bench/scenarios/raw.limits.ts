import type { BenchPlace } from '../bench.place.js'
import type { SendOrder } from '../role.protocol.js'
import type { ForwardingSettings } from '../roles/raw.forwarding.js'
import { loneMessages, type Measurement, type Scenario } from '../scenario.js'
import { measureOneWay } from './one.way.js'
import { measureRequests } from './requests.js'

export const rawTwoHops: Scenario = {
  name: 'raw two-hop limit',
  what: 'no framework: batches of 100, HMAC, policy look-up, audit entry, one script a batch',
  measure: (place, { messages }) => measureTwoHops(place, messages, { lanes: 4, batch: 100 }),
}

export const loneRawTwoHops: Scenario = {
  name: 'lone raw two-hop',
  what: '300 a second, from before the XADD to the parsed message',
  measure: (place, { share }) => measureTwoHops(place, loneMessages(share), { perSecond: 300 }),
}

export const rawFourHops: Scenario = {
  name: 'raw four-hop limit',
  what: 'no framework: 100 requests in flight, routed both ways, two audit entries',
  async measure(place, { messages }) {
    const router = await place.startRole<ForwardingSettings>('raw.forwarding', 'admin', { as: 'router' })
    const answerer = await place.startRole<ForwardingSettings>('raw.forwarding', 'admin', { as: 'service' })
    const requester = await place.startRole('raw.requester', 'admin')
    try {
      const order = { messages: Math.ceil(messages / 2), lanes: 100 }
      return await measureRequests(place, requester, { router, answerer }, order)
    } finally {
      await place.end(requester, answerer, router)
    }
  },
}

async function measureTwoHops(
  place: BenchPlace,
  messages: number,
  pace: SendOrder['pace'],
): Promise<Measurement> {
  const relay = await place.startRole('raw.relay', 'admin')
  const handler = await place.startRole('raw.consumer', 'admin')
  const sender = await place.startRole('raw.producer', 'admin')
  try {
    const way = { sender, between: { relay }, toldBetween: [relay], handler }
    return await measureOneWay(place, way, messages, pace)
  } finally {
    await place.end(sender, relay, handler)
  }
}
