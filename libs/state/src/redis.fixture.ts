import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { StreamsConnection } from '@guildhall/redis-streams'

export interface TestRedis {
  connection: StreamsConnection
  /** First line of the answer to a command without spaces in its arguments. */
  command(line: string): Promise<string>
  stop(): Promise<void>
}

/** A private redis-server in a temporary folder on a free port; `stop` ends it and removes the folder. */
export async function startRedis(): Promise<TestRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'redis-'))
  const port = await freePort()
  const server = spawn('redis-server', ['-'], { stdio: ['pipe', 'ignore', 'ignore'] })
  const exited = once(server, 'exit')
  const kill = () => server.kill('SIGKILL')
  process.once('exit', kill)
  const settings = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    'save ""',
    'user executor on >secret ~* +@all',
  ]
  server.stdin.end(settings.join('\n'))
  const command = async (line: string) => {
    const socket = connect(port, '127.0.0.1')
    try {
      socket.write(`${line}\r\n`)
      const [answer] = (await once(socket, 'data')) as [Buffer]
      return answer.toString().split('\r\n')[0] ?? ''
    } finally {
      socket.destroy()
    }
  }
  for (const deadline = Date.now() + 10_000; ; await sleep(20)) {
    if ((await command('PING').catch(() => '')) === '+PONG') break
    if (Date.now() > deadline) throw new Error('redis-server did not start')
  }
  return {
    connection: { host: '127.0.0.1', port, username: 'executor', password: 'secret' },
    command,
    async stop() {
      server.kill('SIGTERM')
      await exited
      process.off('exit', kill)
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  probe.close()
  await once(probe, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
