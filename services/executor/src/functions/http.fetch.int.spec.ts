import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Egress, type EgressEvent, type RunEgress } from '@guildhall/egress'
import { createBubblewrapSandbox, defaultLimits, prepareWorkspace, removeWorkspace } from '@guildhall/sandbox'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SandboxCommand } from './function.definition.js'
import { builtInFunctions } from './built-in.functions.js'

const sandbox = createBubblewrapSandbox()
const events: EgressEvent[] = []
const seen: { method: string; url: string; headers: Record<string, unknown>; body: string }[] = []
let folder: string
let server: Server
let port: number
let egress: RunEgress

const answers: Record<string, RequestListener> = {
  '/text': (_, response) => response.setHeader('x-one', '1').end('grüße'),
  '/missing': (_, response) => response.writeHead(404).end('no'),
  '/binary': (_, response) => response.end(Buffer.from([0, 255, 1])),
  '/long': (_, response) => response.end('ä'.repeat(100_000)),
  '/endless': (_, response) => void response.write('x'.repeat(200_000)),
  '/near': (_, response) => response.writeHead(302, { location: '/text' }).end(),
  '/far': (_, response) => response.writeHead(302, { location: `http://b.example:${port}/text` }).end(),
  '/inside': (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/latest/' }).end(),
  '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
  '/file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/quiet': () => undefined,
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'http-fetch-test-')))
  await prepareWorkspace(join(folder, 'workspace'))
  server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      seen.push({ method, url, headers, body })
      answers[url]?.(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  const settings = {
    allowedAddresses: [{ range: '127.0.0.1' }],
    resolve: async () => ['127.0.0.1'],
    onEvent: (event: EgressEvent) => void events.push(event),
  }
  egress = await new Egress(settings).open('run-1', ['a.example:*', 'b.example:*'], folder)
})

afterAll(async () => {
  await egress?.close()
  server?.closeAllConnections()
  server?.close()
  await removeWorkspace(join(folder, 'workspace'))
  rmSync(folder, { recursive: true, force: true })
})

async function fetched(args: Record<string, unknown>, way: RunEgress | null = egress) {
  const {
    argv,
    env = {},
    stdin,
    wallMs = 20_000,
  } = builtInFunctions.prepare('http.fetch', args) as SandboxCommand
  const inside = { argv, env, mounts: [] }
  const result = await sandbox.run({
    ...(way ? way.through(inside) : inside),
    workspace: join(folder, 'workspace'),
    limits: { ...defaultLimits, wallMs },
    ...(stdin !== undefined && { stdin }),
  })
  const answer = result.stdout === '' ? undefined : (JSON.parse(result.stdout) as Record<string, unknown>)
  return { ...result, answer }
}

const at = (path: string) => `http://a.example:${port}${path}`

describe('http.fetch', () => {
  it('tells status, headers and body', async () => {
    const { answer, exitCode } = await fetched({ url: at('/text'), headers: { 'X-Own': 'v' } })
    expect(exitCode).toBe(0)
    expect(answer).toMatchObject({
      url: at('/text'),
      status: 200,
      body: 'grüße',
      encoding: 'utf8',
      truncated: false,
    })
    expect(answer).toMatchObject({ headers: { 'x-one': '1' } })
    expect(seen.at(-1)).toMatchObject({ method: 'GET', headers: { 'x-own': 'v', host: `a.example:${port}` } })
    expect((await fetched({ url: at('/missing') })).answer).toMatchObject({ status: 404, body: 'no' })
  })

  it('sends a method and a body', async () => {
    const { answer } = await fetched({ url: at('/text'), method: 'POST', body: '{"ä":1}' })
    expect(answer).toMatchObject({ status: 200 })
    expect(seen.at(-1)).toMatchObject({ method: 'POST', body: '{"ä":1}' })
    expect((await fetched({ url: at('/text'), method: 'HEAD' })).answer).toMatchObject({
      status: 200,
      body: '',
    })
  })

  it('cuts what is too long, at the end of a character, and keeps bytes that are no text', async () => {
    const { answer } = await fetched({ url: at('/long'), maxBytes: 101 })
    expect(answer).toMatchObject({ body: 'ä'.repeat(50), encoding: 'utf8', truncated: true })
    expect((await fetched({ url: at('/binary') })).answer).toMatchObject({ body: 'AP8B', encoding: 'base64' })
    const endless = await fetched({ url: at('/endless') })
    expect(endless.answer).toMatchObject({ truncated: true })
    expect((endless.answer!['body'] as string).length).toBe(100_000)
  })

  it('follows redirects as far as the run may go, and takes headers to no other host', async () => {
    const headers = { Authorization: 'secret', 'X-Key': 'secret' }
    expect((await fetched({ url: at('/near'), headers })).answer).toMatchObject({
      url: at('/text'),
      status: 200,
    })
    expect(seen.at(-1)!.headers).toMatchObject({ authorization: 'secret' })
    const far = await fetched({ url: at('/far'), headers })
    expect(far.answer).toMatchObject({ url: `http://b.example:${port}/text`, status: 200 })
    expect(JSON.stringify(seen.at(-1)!.headers)).not.toContain('secret')
    expect(await fetched({ url: at('/inside') })).toMatchObject({ exitCode: 1, ending: 'exited' })
    expect(events.at(-1)).toMatchObject({
      kind: 'refused',
      reason: 'host-not-allowed',
      host: '169.254.169.254',
    })
    expect((await fetched({ url: at('/loop') })).stderr).toContain('more than 5 redirects')
    expect((await fetched({ url: at('/file') })).stderr).toContain('no plain http or https URL')
  })

  it('speaks TLS to the server, through the proxy', async () => {
    let hello = Buffer.alloc(0)
    const tls = createTcpServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', (bytes) => {
          hello = bytes
          socket.destroy()
        })
    }).listen(0, '127.0.0.1')
    await once(tls, 'listening')
    const address = `a.example:${(tls.address() as AddressInfo).port}`
    const { exitCode } = await fetched({ url: `https://${address}/` })
    tls.close()
    expect(exitCode).toBe(1)
    expect(hello[0]).toBe(0x16)
    expect(hello.includes('a.example')).toBe(true)
  })

  it('says why the proxy refuses, and what else the run may reach', async () => {
    for (const url of ['http://c.example/', 'https://c.example/']) {
      const { exitCode, stderr } = await fetched({ url })
      expect(exitCode).toBe(1)
      expect(stderr).toMatch(
        /refused \(host-not-allowed\): this run may not reach c\.example:\d+; .*b\.example/,
      )
    }
  })

  it('reaches nothing in a run that may reach nothing', async () => {
    const { exitCode, stderr } = await fetched({ url: at('/text') }, null)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('this task may reach no host')
  })

  it('ends when its time is over', async () => {
    const { ending } = await fetched({ url: at('/quiet'), timeoutMs: 800 })
    expect(ending).toBe('wall-time')
  })
})
