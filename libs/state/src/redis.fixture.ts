import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningServer, startRedis } from '@guildhall/local-stack'
import { Redis } from 'ioredis'

/** A Redis of the test's own, without an access list. */
export class TestRedis {
  private constructor(
    private readonly server: RunningServer,
    private readonly dir: string,
    readonly client: Redis,
  ) {}

  static async start(): Promise<TestRedis> {
    const dir = await mkdtemp(join(tmpdir(), 'state-redis-'))
    const server = await startRedis({ dir })
    const client = new Redis({ host: server.host, port: server.port })
    await client.acl('SETUSER', 'executor', 'on', '>secret', '~*', '+@all')
    return new TestRedis(server, dir, client)
  }

  get connection() {
    return { host: this.server.host, port: this.server.port, username: 'executor', password: 'secret' }
  }

  async stop(): Promise<void> {
    this.client.disconnect()
    await this.server.stop()
    await rm(this.dir, { recursive: true, force: true })
  }
}
