import type { BenchPlace } from '../bench.place.js'
import type { RoleProcess } from '../role.process.js'
import type { SendOrder } from '../role.protocol.js'
import type { ConsumerSettings } from '../roles/product.consumer.js'
import type { RequesterSettings } from '../roles/product.requester.js'
import { loneMessages, type Measurement, type Scenario } from '../scenario.js'
import { measureOneWay, type OneWay } from './one.way.js'
import { measureRequests } from './requests.js'

// As many as jobs are added to BullMQ at once.
const inFlight: SendOrder['pace'] = { lanes: 100, batch: 1 }
const flatOut: SendOrder['pace'] = { lanes: 4, batch: 100 }
const lone: SendOrder['pace'] = { perSecond: 300 }

export const routedEvent: Scenario = {
  name: 'routed event',
  what: '100 publications in flight, 50 handlers at once',
  measure: (place, { messages }) => measureRouted(place, messages, inFlight, 50),
}

export const routedEventFlatOut: Scenario = {
  name: 'routed event, flat out',
  what: '4 publications of 100 in flight, 100 handlers at once',
  measure: (place, { messages }) => measureRouted(place, messages, flatOut, 100),
}

export const routedEventAlways: Scenario = {
  name: 'routed event, fsync always',
  what: 'as the routed event, with appendfsync always',
  async measure(place, { messages }) {
    await place.admin.config('SET', 'appendfsync', 'always')
    try {
      return await measureRouted(place, messages, inFlight, 50)
    } finally {
      await place.admin.config('SET', 'appendfsync', 'everysec')
    }
  },
}

export const loneRoutedEvent: Scenario = {
  name: 'lone routed event',
  what: '300 a second, from before the publication to the handler',
  measure: (place, { share }) => measureRouted(place, loneMessages(share), lone, 50),
}

export const routedRequest: Scenario = {
  name: 'routed request-reply',
  what: '100 requests in flight, of a service to a service and back',
  measure: (place, { messages }) =>
    measureAsked(place, messages, () => place.startRole('product.asker', 'task-scheduler')),
}

export const clientRequest: Scenario = {
  name: 'client request-reply',
  what:
    '100 requests in flight, of a client to a service and back: the router also checks credential, ' +
    'payload, replay and rate of each',
  measure: (place, { messages }) =>
    measureAsked(place, messages, () =>
      place.startRole<RequesterSettings>('product.requester', 'client', {
        client: 'local',
        token: place.secret('client.token'),
        replyStream: place.replyStream,
      }),
    ),
}

async function measureAsked(
  place: BenchPlace,
  messages: number,
  startRequester: () => Promise<RoleProcess>,
): Promise<Measurement> {
  const router = await place.router()
  const answerer = await startConsumer(place, 100)
  const requester = await startRequester()
  try {
    const order = { messages: Math.ceil(messages / 2), lanes: 100 }
    return await measureRequests(place, requester, { router, answerer }, order)
  } finally {
    await place.end(requester, answerer)
  }
}

function measureRouted(
  place: BenchPlace,
  messages: number,
  pace: SendOrder['pace'],
  concurrency: number,
): Promise<Measurement> {
  return withRoutedWay(place, concurrency, (way) => measureOneWay(place, way, messages, pace))
}

/** Does `work` with the processes between which events are routed, and ends those that are its own. */
export async function withRoutedWay(
  place: BenchPlace,
  concurrency: number,
  work: (way: OneWay) => Promise<Measurement>,
): Promise<Measurement> {
  const router = await place.router()
  const handler = await startConsumer(place, concurrency)
  const sender = await place.startRole('product.producer', 'task-scheduler')
  try {
    return await work({ sender, between: { router }, toldBetween: [], handler })
  } finally {
    await place.end(sender, handler)
  }
}

function startConsumer(place: BenchPlace, concurrency: number): Promise<RoleProcess> {
  return place.startRole<ConsumerSettings>('product.consumer', 'executor', { concurrency }, 'executor')
}
