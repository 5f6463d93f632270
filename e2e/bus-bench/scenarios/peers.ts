import type { WorkerSettings } from '../roles/bullmq.worker.js'
import type { Scenario } from '../scenario.js'
import { measureOneWay } from './one.way.js'
import { measureRequests } from './requests.js'

export const bullmq: Scenario = {
  name: 'bullmq',
  what: '100 additions in flight, added to completed, concurrency 50',
  async measure(place, { messages }) {
    const handler = await place.startRole<WorkerSettings>('bullmq.worker', 'admin', { concurrency: 50 })
    const sender = await place.startRole('bullmq.adder', 'admin')
    try {
      const way = { sender, between: {}, toldBetween: [], handler }
      return await measureOneWay(place, way, Math.ceil(messages / 2), { lanes: 100, batch: 1 })
    } finally {
      await place.end(sender, handler)
    }
  },
}

export const nestRedis: Scenario = {
  name: 'nest redis',
  what: "100 requests in flight over Nest's own Redis transport: two hops, no router, nothing kept",
  async measure(place, { messages }) {
    const answerer = await place.startRole('nest.answerer', 'admin')
    const requester = await place.startRole('nest.requester', 'admin')
    try {
      return await measureRequests(place, requester, { answerer }, { messages, lanes: 100 })
    } finally {
      await place.end(requester, answerer)
    }
  },
}
