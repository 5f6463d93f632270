import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { topology as guildhall, type Topology } from '@guildhall/contracts'
import { Redis } from 'ioredis'
import { renderAclFile } from './acl.file.js'
import { loadFunctionLibrary } from './function.loading.js'
import type { StreamsConnection } from './redis.link.js'

export const shard = 'test'

/** A real redis-server of the test's own: rendered ACL file, AOF, function library; killed and removed by stop(). */
export class RedisFixture {
  #process: ChildProcess | undefined
  #admin: Redis | undefined

  private constructor(
    private readonly folder: string,
    readonly port: number,
    /** Of redis.conf; what changes counts from the next launch on. */
    readonly settings: Record<string, string>,
  ) {}

  /** @param settings of redis.conf, beside or instead of the usual ones; topology: whose services may log in. */
  static async start(
    shards: readonly string[] = [shard],
    settings: Record<string, string> = {},
    topology: Topology = guildhall,
  ): Promise<RedisFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'guildhall-redis-'))
    const passwordHashes = Object.fromEntries(
      [...topology.services, 'client', 'admin'].map((user) => [
        user,
        createHash('sha256').update(passwordOf(user)).digest('hex'),
      ]),
    )
    await writeFile(join(folder, 'users.acl'), renderAclFile({ shards, passwordHashes, topology }))
    const fixture = new RedisFixture(folder, await freePort(), settings)
    try {
      await fixture.launch()
      await loadFunctionLibrary(fixture.as('admin'))
    } catch (error) {
      await fixture.stop()
      throw error
    }
    return fixture
  }

  /** How a user of the ACL file logs in. */
  as(user: string): StreamsConnection & { password: string } {
    return { host: '127.0.0.1', port: this.port, username: user, password: passwordOf(user) }
  }

  /** A plain connection for the test's own look inside. */
  get admin(): Redis {
    this.#admin ??= new Redis({ ...this.as('admin'), protocol: 2, retryStrategy: () => 50 }).on(
      'error',
      () => {},
    )
    return this.#admin
  }

  async launch(): Promise<void> {
    const options = {
      port: this.port,
      bind: '127.0.0.1',
      dir: this.folder,
      aclfile: join(this.folder, 'users.acl'),
      appendonly: 'yes',
      appendfsync: 'everysec',
      save: '',
      ...this.settings,
    }
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
    this.#process = spawn('redis-server', args, { stdio: 'ignore' })
    const probe = new Redis({
      ...this.as('admin'),
      protocol: 2,
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
    })
    probe.on('error', () => {})
    try {
      await probe.ping()
    } finally {
      probe.disconnect()
    }
  }

  async kill(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }

  /** Makes every snapshot fail: where its file would be is a folder. */
  async blockSnapshots(): Promise<void> {
    await mkdir(join(this.folder, 'dump.rdb', 'in the way'), { recursive: true })
  }

  /** Keeps a copy of the append-only file as it is. */
  async copyAof(): Promise<void> {
    await cp(join(this.folder, 'appendonlydir'), join(this.folder, 'copy'), { recursive: true })
  }

  /** Puts the copy back in its place: what came since is lost. Only while the server does not run. */
  async restoreAof(): Promise<void> {
    await rm(join(this.folder, 'appendonlydir'), { recursive: true })
    await rename(join(this.folder, 'copy'), join(this.folder, 'appendonlydir'))
  }

  async stop(): Promise<void> {
    this.#admin?.disconnect()
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Waits until the claim holds. @throws Error with the claim's text when it does not in time. */
export async function until(claim: () => unknown, withinMs = 10_000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await claim())) {
    if (Date.now() > deadline) throw new Error(`Not within ${withinMs} ms: ${String(claim)}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function passwordOf(user: string): string {
  return `the password of ${user}`
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || !address) throw new Error('No free port')
  return address.port
}
