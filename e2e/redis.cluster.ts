import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { until } from './running.stack.js'

const slots = 16_384
const nodeTimeoutMs = 2_000

interface ClusterNode {
  port: number
  process: ChildProcess
  admin: Redis
}

/** A Redis Cluster on loopback: as many primaries as replicas, with the access list of a stack. */
export class RedisCluster {
  private constructor(
    private readonly folder: string,
    readonly primaries: readonly ClusterNode[],
    readonly replicas: readonly ClusterNode[],
  ) {}

  static async start(size: number, aclFile: string, adminPassword: string): Promise<RedisCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-cluster-'))
    const nodes: ClusterNode[] = []
    try {
      for (let n = 0; n < 2 * size; n += 1) nodes.push(await startNode(folder, aclFile, adminPassword))
      const cluster = new RedisCluster(folder, nodes.slice(0, size), nodes.slice(size))
      await cluster.#join()
      return cluster
    } catch (error) {
      await stopAll(nodes, folder)
      throw error
    }
  }

  get url(): string {
    return `redis+cluster://${this.primaries.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  }

  /** The primary that serves a key, by the account of a node that lives. */
  async primaryOf(key: string): Promise<ClusterNode | undefined> {
    const witness = this.#alive()[0]
    const slot = (await witness?.admin.cluster('KEYSLOT', key)) ?? 0
    const ranges = (await witness?.admin.cluster('SLOTS')) as unknown as [number, number, [string, number]][]
    const [, , [, port]] = ranges.find(([from, to]) => from <= slot && slot <= to) ?? [0, 0, ['', 0]]
    return this.#alive().find((node) => node.port === port)
  }

  /** Kills a node as a power cut would. */
  async kill(node: ClusterNode): Promise<void> {
    const exited = once(node.process, 'exit')
    node.process.kill('SIGKILL')
    await exited
    node.admin.disconnect()
  }

  stop(): Promise<void> {
    return stopAll([...this.primaries, ...this.replicas], this.folder)
  }

  #alive(): ClusterNode[] {
    return [...this.primaries, ...this.replicas].filter(
      ({ process }) => process.exitCode === null && process.signalCode === null,
    )
  }

  async #join(): Promise<void> {
    const { primaries, replicas } = this
    const [first] = primaries
    for (const [index, { admin, port }] of primaries.entries()) {
      const from = Math.floor((index * slots) / primaries.length)
      const to = Math.floor(((index + 1) * slots) / primaries.length) - 1
      await admin.call('CLUSTER', 'ADDSLOTSRANGE', from, to)
      await admin.call('CLUSTER', 'SET-CONFIG-EPOCH', index + 1)
      if (port !== first?.port) await first?.admin.call('CLUSTER', 'MEET', '127.0.0.1', port)
    }
    for (const { port } of replicas) await first?.admin.call('CLUSTER', 'MEET', '127.0.0.1', port)
    const knowsAll = async ({ admin }: ClusterNode) =>
      (await admin.cluster('INFO')).includes(`cluster_known_nodes:${primaries.length + replicas.length}`)
    for (const node of [...primaries, ...replicas])
      await until(() => knowsAll(node), 'every node knows the others')
    for (const [index, { admin }] of replicas.entries()) {
      const id = String(await primaries[index]?.admin.cluster('MYID'))
      await until(
        () =>
          admin.call('CLUSTER', 'REPLICATE', id).then(
            () => true,
            () => false,
          ),
        'a replica has its primary',
      )
    }
    for (const { admin } of replicas)
      await until(
        async () => (await admin.info('replication')).includes('master_link_status:up'),
        'a replica follows',
      )
    for (const { admin } of [...primaries, ...replicas])
      await until(async () => (await admin.cluster('INFO')).includes('cluster_state:ok'), 'the cluster is up')
  }
}

async function startNode(folder: string, aclFile: string, password: string): Promise<ClusterNode> {
  const port = await freePort()
  const dir = join(folder, String(port))
  mkdirSync(dir)
  const options = {
    port,
    bind: '127.0.0.1',
    dir,
    aclfile: aclFile,
    masteruser: 'admin',
    masterauth: password,
    appendonly: 'yes',
    save: '',
    'cluster-enabled': 'yes',
    'cluster-node-timeout': nodeTimeoutMs,
    'cluster-require-full-coverage': 'no',
    'cluster-replica-validity-factor': 0,
    'repl-diskless-sync-delay': 0,
  }
  // By standard input: arguments are for everybody to see.
  const process = spawn('redis-server', ['-'], { stdio: ['pipe', 'ignore', 'ignore'] })
  process.stdin?.end(
    Object.entries(options)
      .map(([name, value]) => `${name} "${value}"\n`)
      .join(''),
  )
  const admin = new Redis({ port, username: 'admin', password, protocol: 2, enableReadyCheck: false })
  admin.on('error', () => {})
  await until(async () => (await admin.ping().catch(() => '')) === 'PONG', 'a node of the cluster answers')
  return { port, process, admin }
}

async function stopAll(nodes: readonly ClusterNode[], folder: string): Promise<void> {
  for (const { process, admin } of nodes) {
    admin.disconnect()
    if (process.exitCode !== null || process.signalCode !== null) continue
    const exited = once(process, 'exit')
    process.kill('SIGKILL')
    await exited
  }
  rmSync(folder, { recursive: true, force: true })
}

/** Below the range from which the second port of a node, 10000 above, would be out of bounds. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = 21_000 + Math.floor(Math.random() * 9_000)
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port
  }
  throw new Error('no two free ports for a node of the cluster')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
