import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { startRedis, StackError, type RunningServer } from './index.js'

let dir: string
const running: RunningServer[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'guildhall redis "quoted" '))
})

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
  rmSync(dir, { recursive: true, force: true })
})

async function start(options: Omit<Parameters<typeof startRedis>[0], 'dir'> & { dir?: string } = {}) {
  const server = await startRedis({ dir, ...options })
  running.push(server)
  return server
}

function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(`${command}\r\n`))
    socket.once('error', reject)
    socket.once('data', (answer) => {
      socket.destroy()
      resolve(answer.toString().trim())
    })
  })
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe('startRedis', () => {
  it('answers on a port of its own, keeps its data over a restart and leaves no process when stopped', async () => {
    const first = await start()
    expect(await ask(first.port, 'SET greeting hello')).toBe('+OK')
    await first.stop()
    expect(isAlive(first.pid)).toBe(false)

    const second = await start()
    expect(await ask(second.port, 'GET greeting')).toBe('$5\r\nhello')
  })

  it('keeps everything it answered for when it is killed and started on the same data', async () => {
    const first = await start({ appendfsync: 'always' })
    for (let index = 0; index < 50; index += 1) await ask(first.port, `RPUSH list ${index}`)
    process.kill(first.pid, 'SIGKILL')
    await first.stop()
    const second = await start()
    expect(await ask(second.port, 'LLEN list')).toBe(':50')
  })

  it('evicts nothing and keeps its files to its owner', async () => {
    const server = await start()
    expect(await ask(server.port, 'CONFIG GET maxmemory-policy')).toContain('noeviction')
    expect(await ask(server.port, 'CONFIG GET appendonly')).toContain('yes')
    expect(statSync(join(dir, 'redis.conf')).mode & 0o077).toBe(0)
    expect(statSync(server.logFile).mode & 0o077).toBe(0)
  })

  it('runs beside another one', async () => {
    const [one, other] = await Promise.all([start({ dir: join(dir, 'a') }), start({ dir: join(dir, 'b') })])
    await ask(one.port, 'SET owner one')
    expect(await ask(other.port, 'GET owner')).toBe('$-1')
  })

  it('says what to install when redis-server is missing', async () => {
    const failure = await startRedis({ dir, path: dir }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StackError)
    expect(failure).toMatchObject({ step: 'redis', advice: expect.stringContaining('apt-get install') })
  })

  it('shows the last lines of the log when Redis refuses to start, and leaves no process behind', async () => {
    const server = await start()
    const failure = await startRedis({ dir: join(dir, 'second'), port: server.port }).catch(
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({
      step: 'redis',
      advice: expect.stringContaining('Address already in use'),
    })
    expect(readFileSync(join(dir, 'second', 'redis.log'), 'utf8')).not.toBe('')
  })
})
