import 'reflect-metadata'
import { ClientProxyFactory, Transport } from '@nestjs/microservices'
import { firstValueFrom } from 'rxjs'
import { clockMs, inLanes } from '../clock.js'
import { plainMessage } from '../payloads.js'
import type { Answered, RequestOrder, RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'

/** Asks over Nest's own Redis transport. */
await serveRole<RoleSettings>(async ({ redis }) => {
  const client = ClientProxyFactory.create({ transport: Transport.REDIS, options: redis })
  await client.connect()
  return {
    async run({ messages, lanes }: RequestOrder): Promise<Answered> {
      const latenciesMs: number[] = []
      const from = clockMs()
      await inLanes(messages, lanes, async (index) => {
        const askedAt = clockMs()
        await firstValueFrom(client.send('task.run', plainMessage(index)))
        latenciesMs.push(clockMs() - askedAt)
      })
      return { tookMs: clockMs() - from, latenciesMs }
    },
    close: () => Promise.resolve(client.close()),
  }
})
