import { createHash, randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { allRights, noRights } from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Health, SettingError } from '@guildhall/service-defaults'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { ClientDirectory } from './client.directory.js'
import { entities } from '../router.module.js'

const directoryRefreshMs = 50
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const log = () => {}
const logger = { debug: log, info: log, warn: log, error: log }

let server: TestDatabase
let database: Database
let dir: string
let health: Health
let started: ClientDirectory[]

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'clients-'))
  server = await TestDatabase.start('router')
  const { host, port, password } = server
  const publisher = { publish: () => Promise.resolve() }
  database = await Database.open({
    service: 'router',
    host,
    port,
    password,
    entities,
    publisher,
  })
})
afterAll(async () => {
  await database?.close()
  await server?.stop()
  await rm(dir, { recursive: true, force: true })
})
beforeEach(async () => {
  await server.query('DELETE FROM clients')
  await server.query('DELETE FROM tokens')
  await server.query('DELETE FROM policies WHERE version > 0')
  health = new Health()
  started = []
})
afterEach(() => {
  for (const directory of started) directory.onApplicationShutdown()
})

const anna = (token: string, over: object = {}) => ({
  id: 'anna',
  tenant: 'acme',
  roles: ['submitter'],
  tokenSha256: sha256(token),
  ...over,
})

async function addClient(id: string, token: string): Promise<void> {
  await server.query(
    `INSERT INTO clients (id, tenant, roles, reply_stream) VALUES ('${id}', 'acme', '["approver"]', '${id}')`,
  )
  await server.query(
    `INSERT INTO tokens (id, sha256, client_id, label, created_at)
     VALUES ('${randomUUID()}', '${sha256(token)}', '${id}', 'first', UTC_TIMESTAMP(3))`,
  )
}

async function start(clients?: unknown): Promise<ClientDirectory> {
  const clientsFile = clients === undefined ? undefined : join(dir, `${randomUUID()}.json`)
  if (clientsFile) await writeFile(clientsFile, JSON.stringify(clients))
  const directory = new ClientDirectory(database, { clientsFile, directoryRefreshMs }, health, logger)
  started.push(directory)
  await directory.onModuleInit()
  return directory
}

const clientOf = (directory: ClientDirectory, credential: string | undefined) =>
  directory.access.authenticate(credential, Date.now()).known?.identity

describe('the client directory', () => {
  it('adopts the clients file and knows a client by the hash of its token', async () => {
    const token = randomUUID()
    const directory = await start([anna(token)])
    const identity = { id: 'anna', tenant: 'acme', roles: ['submitter'], rights: allRights }
    expect(clientOf(directory, `Bearer ${token}`)).toEqual(identity)
    expect(clientOf(directory, `bearer ${token}`)).toEqual(identity)
    expect(directory.access.replyStreamOf('anna')).toBe('anna')
    expect(directory.access.replyStreamOf('ben')).toBeUndefined()
    // Adopted for good: the next start needs no file.
    expect(clientOf(await start(), `Bearer ${token}`)).toEqual(identity)
    const rows = await server.query('SELECT * FROM clients JOIN tokens ON tokens.client_id = clients.id')
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(token)
  })

  it('takes nothing but the bearer token itself for a credential', async () => {
    const token = randomUUID()
    const directory = await start([anna(token)])
    for (const credential of [
      undefined,
      '',
      token,
      `Basic ${token}`,
      `Bearer ${token} `,
      `Bearer ${token.slice(1)}`,
      `Bearer ${sha256(token)}`,
      `Bearer  ${token}`,
      'Bearer short',
    ]) {
      expect(clientOf(directory, credential)).toBeUndefined()
    }
  })

  it('takes a new token, tenant and roles from the file; the old token is void', async () => {
    const [first, second] = [randomUUID(), randomUUID()]
    await start([anna(first)])
    const directory = await start([anna(second, { tenant: 'other', roles: ['operator'] })])
    expect(clientOf(directory, `Bearer ${first}`)).toBeUndefined()
    expect(clientOf(directory, `Bearer ${second}`)).toEqual({
      id: 'anna',
      tenant: 'other',
      roles: ['operator'],
      rights: allRights,
    })
  })

  it('takes the rights of a client from the file where it names them, and else leaves them as they are', async () => {
    const token = randomUUID()
    const rights = { functions: ['fs.*'], hosts: ['A.org:443'] }
    const written = { ...noRights, functions: ['fs.*'], hosts: ['a.org:443'] }
    const directory = await start([anna(token, { rights })])
    expect(clientOf(directory, `Bearer ${token}`)?.rights).toEqual(written)
    expect(clientOf(await start([anna(token)]), `Bearer ${token}`)?.rights).toEqual(written)
    await expect(start([anna(token, { rights: { hosts: ['a.org'] } })])).rejects.toThrow(/host a\.org/)
    await expect(start([anna(token, { rights: { functions: 'all' } })])).rejects.toThrow(/client 1: rights/)
  })

  it('gives a client without rights of its own what the policy says, and nothing where that is silent', async () => {
    const token = randomUUID()
    await start([anna(token)])
    await server.query("UPDATE clients SET rights = NULL WHERE id = 'anna'")
    expect(clientOf(await start(), `Bearer ${token}`)?.rights).toEqual(noRights)
    await server.query(
      `INSERT INTO policies (version, rules) VALUES (1, '{"rights": {"functions": ["bash"]}}')`,
    )
    expect(clientOf(await start(), `Bearer ${token}`)?.rights).toEqual({ ...noRights, functions: ['bash'] })
  })

  it('refuses a revoked client within the refresh time, and the file does not bring it back', async () => {
    const token = randomUUID()
    const directory = await start([anna(token)])
    await server.query("UPDATE clients SET revoked_at = UTC_TIMESTAMP(3) WHERE id = 'anna'")
    await vi.waitFor(
      () => {
        expect(clientOf(directory, `Bearer ${token}`)).toBeUndefined()
      },
      { timeout: 100 * directoryRefreshMs, interval: 10 },
    )
    expect(directory.access.replyStreamOf('anna')).toBeUndefined()
    expect(clientOf(await start([anna(token)]), `Bearer ${token}`)).toBeUndefined()
  })

  it('gets to know a client that is added while it runs', async () => {
    const token = randomUUID()
    const directory = await start()
    await addClient('ben', token)
    await vi.waitFor(
      () => {
        expect(clientOf(directory, `Bearer ${token}`)).toMatchObject({ id: 'ben', roles: ['approver'] })
      },
      { timeout: 100 * directoryRefreshMs, interval: 10 },
    )
  })

  it('reads early for whoever is not known, some times a second however often it is asked to', async () => {
    const token = randomUUID()
    const config = { clientsFile: undefined, directoryRefreshMs: 600_000 }
    const directory = new ClientDirectory(database, config, health, logger)
    started.push(directory)
    await directory.onModuleInit()
    await addClient('ben', token)
    const read = vi.spyOn(database.manager, 'query')
    await Promise.all(Array.from({ length: 100 }, () => directory.refreshEarly()))
    for (let n = 0; n < 100; n += 1) await directory.refreshEarly()
    const readings = read.mock.calls.filter(([sql]) => sql.includes('FROM clients')).length
    read.mockRestore()
    expect(readings).toBeGreaterThan(0)
    expect(readings).toBeLessThan(5)
    await expect.poll(() => clientOf(directory, `Bearer ${token}`)).toMatchObject({ id: 'ben' })
  })

  it('does not start with a malformed or missing clients file, and says what is wrong', async () => {
    await expect(start([anna(randomUUID(), { roles: ['admin'] })])).rejects.toThrow(
      /\.json: client 1: roles must be a list of submitter, approver, operator, administrator$/,
    )
    const config = { clientsFile: join(dir, 'missing.json'), directoryRefreshMs }
    const directory = new ClientDirectory(database, config, health, logger)
    await expect(directory.onModuleInit()).rejects.toThrow(/the clients file cannot be read: .*missing\.json/)
    expect(await server.query('SELECT id FROM clients')).toEqual([])
  })

  it('answers a client on the reply stream that the file names, and gives no two clients one', async () => {
    const token = randomUUID()
    const directory = await start([anna(token, { replyStream: 'anna-secret' })])
    expect(directory.access.replyStreamOf('anna')).toBe('anna-secret')
    await expect(start([anna(randomUUID(), { id: 'ben', replyStream: 'anna-secret' })])).rejects.toThrow(
      new SettingError('the client ben has the reply stream of anna'),
    )
  })

  it('leaves alone the tokens that did not come from the file', async () => {
    const [first, second, issued] = [randomUUID(), randomUUID(), randomUUID()]
    await start([anna(first)])
    await server.query(
      `INSERT INTO tokens (id, sha256, client_id, label, created_at)
       VALUES ('${randomUUID()}', '${sha256(issued)}', 'anna', 'issued', UTC_TIMESTAMP(3))`,
    )
    const directory = await start([anna(second)])
    for (const token of [second, issued]) {
      expect(clientOf(directory, `Bearer ${token}`)).toMatchObject({ id: 'anna' })
    }
    expect(clientOf(directory, `Bearer ${first}`)).toBeUndefined()
  })

  it('does not give the token of one client to another', async () => {
    const token = randomUUID()
    await start([anna(token)])
    await expect(start([anna(token, { id: 'ben', tenant: 'other' })])).rejects.toThrow(
      new SettingError('the client ben has the token of anna: make a new one'),
    )
    expect(clientOf(await start(), `Bearer ${token}`)).toMatchObject({ id: 'anna', tenant: 'acme' })
  })

  it('goes on with the clients it knows while the database is away, says that it is not well, and recovers', async () => {
    const token = randomUUID()
    const directory = await start([anna(token)])
    expect(await health.problems()).toEqual({})
    await server.pause()
    try {
      await vi.waitFor(
        async () => {
          expect(await health.problems()).toEqual({
            'client directory': 'the clients could not be read from MySQL for a while',
          })
        },
        { timeout: 10_000 },
      )
      expect(clientOf(directory, `Bearer ${token}`)).toMatchObject({ id: 'anna' })
    } finally {
      await server.resume()
    }
    await vi.waitFor(
      async () => {
        expect(await health.problems()).toEqual({})
      },
      { timeout: 20_000 },
    )
  })
})
