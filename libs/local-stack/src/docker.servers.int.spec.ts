import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { execa } from 'execa'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'

import { mariadbImage, redisImage } from './docker.servers.js'
import { startStack, type Stack, type StackOptions } from './index.js'
import { identify, isRunning } from './process.identity.js'
import { redisAnswers } from './redis.probe.js'

const docker = async (...args: string[]) => (await execa('docker', args)).stdout.split('\n').filter(Boolean)
const succeeds = async (...args: string[]) => (await execa('docker', args, { reject: false })).exitCode === 0

/** Why these tests cannot run here; undefined when they can. */
const obstacle = !(await succeeds('version', '--format', '{{.Server.Version}}'))
  ? 'no Docker engine answers here'
  : !(await succeeds('image', 'inspect', redisImage, mariadbImage))
    ? `the engine lacks an image: docker pull ${redisImage} && docker pull ${mariadbImage}`
    : undefined

if (obstacle !== undefined) console.info(`Skipped: ${obstacle}.`)

let root: string
const stacks: Stack[] = []

beforeEach(({ skip }) => {
  skip(obstacle !== undefined, obstacle)
  vi.stubEnv('GUILDHALL_SERVERS', 'docker')
  root = mkdtempSync(join(tmpdir(), 'guildhall docker, '))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()))
  if (obstacle === undefined) rmSync(root, { recursive: true, force: true })
})

async function start(changes: Partial<StackOptions> = {}): Promise<Stack> {
  const stack = await startStack({ root, services: [], exitSignals: false, onProgress: () => {}, ...changes })
  stacks.push(stack)
  return stack
}

const stateDir = () => join(root, '.guildhall')
const secret = (name: string) => readFileSync(join(stateDir(), 'secrets', name), 'utf8')
const adminOf = () => ({ username: 'admin', password: secret('admin.redis') })

/** Of this test's state directories: told by the folder that they see. */
async function containers(): Promise<string[]> {
  const ids = await docker('ps', '--all', '--quiet', '--filter', 'label=guildhall.state')
  const seen = await Promise.all(
    ids.map(async (id) => ({
      id,
      mounts: (await docker('inspect', '--format', '{{json .Mounts}}', id)).join(''),
    })),
  )
  return seen.filter(({ mounts }) => mounts.includes(root)).map(({ id }) => id)
}

/** Runs SQL as the administrator with the client of the image; returns what it printed. */
async function sql(stack: Stack, statement: string): Promise<string> {
  const [id = ''] = await docker('ps', '--quiet', '--filter', `publish=${stack.info.mariadb.port}`)
  const client = ['mariadb', '--no-defaults', '-h127.0.0.1', '-uguildhall_admin', '-N', '-e', statement]
  const env = { MYSQL_PWD: secret('admin.mysql') }
  return (await execa('docker', ['exec', '--env=MYSQL_PWD', id, ...client], { env })).stdout
}

describe('the servers from Docker', { timeout: 120_000 }, () => {
  it('keep what was written over a restart, and are gone when stopped', async () => {
    const first = await start()
    expect(await containers()).toHaveLength(2)
    await sql(first, 'CREATE DATABASE kept; CREATE TABLE kept.t (id INT); INSERT INTO kept.t VALUES (7)')
    await first.stop()
    expect(await containers()).toEqual([])

    const second = await start()
    expect(await sql(second, 'SELECT id FROM kept.t')).toBe('7')
    expect(await redisAnswers(second.info.redis.port, adminOf())).toBe(true)
    expect(await redisAnswers(second.info.redis.port, { ...adminOf(), password: 'wrong' })).toBe(false)
  })

  it('can be reached from this machine alone, and own nothing but their folder', async () => {
    await start()
    for (const id of await containers()) {
      const [ports] = await docker('inspect', '--format', '{{json .HostConfig.PortBindings}}', id)
      expect(ports?.match(/"HostIp":"[^"]*"/g)).toEqual(['"HostIp":"127.0.0.1"'])
      const [mounts] = await docker('inspect', '--format', '{{len .Mounts}} {{.HostConfig.CapDrop}}', id)
      expect(mounts).toBe('1 [ALL]')
    }
    // Nobody else's files: the person can remove the state directory without asking anybody.
    const owners = readdirSync(stateDir(), { recursive: true, encoding: 'utf8' })
      .map((file) => join(stateDir(), file))
      .map((file) => statSync(file).uid)
    expect(new Set(owners)).toEqual(new Set([process.getuid?.()]))
  })

  it('show no password to who looks at processes or containers, nor in a log', async () => {
    const stack = await start()
    const secrets = readdirSync(join(stateDir(), 'secrets')).map(secret)
    const logs = readdirSync(join(stateDir(), 'logs')).map((name) => join(stateDir(), 'logs', name))
    const containerTexts = await Promise.all((await containers()).map((id) => docker('inspect', id)))
    const texts = [...containerTexts.map(String), ...logs.map((file) => readFileSync(file, 'utf8'))]
    expect(texts.filter((text) => secrets.some((word) => text.includes(word)))).toEqual([])
    for (const pid of [stack.pid('redis'), stack.pid('mariadb')]) {
      const identity = identify(pid ?? 0, '')
      const shows = (word: string) => identity !== undefined && isRunning({ ...identity, marker: word })
      expect(shows('--publish=')).toBe(true)
      expect(secrets.filter(shows)).toEqual([])
    }
  })

  it('come back when the docker program is killed and leaves its container behind', async () => {
    const stack = await start()
    const before = await containers()
    await stack.kill('redis', 'SIGKILL')
    await stack.kill('mariadb', 'SIGKILL')
    await vi.waitFor(async () => {
      const now = await containers()
      expect(now).toHaveLength(2)
      expect(now.filter((id) => before.includes(id))).toEqual([])
      expect(await redisAnswers(stack.info.redis.port, adminOf())).toBe(true)
      expect(await sql(stack, 'SELECT 1')).toBe('1')
    }, 60_000)
  })

  it('run beside those of another state directory, and outlive them', async () => {
    const [one, two] = await Promise.all([start(), start({ stateDir: join(root, 'other') })])
    expect(await containers()).toHaveLength(4)
    await two.stop()
    expect(await containers()).toHaveLength(2)
    expect(await redisAnswers(one.info.redis.port, adminOf())).toBe(true)
  })
})
