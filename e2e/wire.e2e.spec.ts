import { execFile, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { readClientFile } from '@guildhall/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, RunningStack } from './running.stack.js'

const searchPath = process.env['PATH'] ?? ''
const examples = [
  { language: 'bash and redis-cli', program: 'bash', file: 'submit.sh' },
  { language: 'Node', program: process.execPath, file: 'submit.mjs' },
  { language: 'Python', program: 'python3', file: 'submit.py' },
]

let guildhall: RunningStack
let folder: string

beforeAll(async () => {
  guildhall = await RunningStack.start()
  await guildhall.teach({
    skill: 'greeting',
    description: 'Greets somebody by name.',
    examples: ['Greet the reader by name', 'Say "hello" to the reader’s \\ neighbour'],
    agent: 'greeter',
    steps: [{ id: 'greet', call: 'bash', arguments: { command: 'echo "hello \\"reader\\""' } }],
  })
  folder = mkdtempSync(join(tmpdir(), 'guildhall-wire-'))
  // A person stands in the checkout, where the client file is at its usual place.
  symlinkSync(guildhall.stateDir, join(folder, '.guildhall'))
  watchArguments(join(folder, 'bin'))
})
afterAll(async () => {
  await guildhall.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** A `redis-cli` that writes down its arguments before it is the real one. */
function watchArguments(bin: string): void {
  const real = spawnSync('which', ['redis-cli'], { encoding: 'utf8' }).stdout.trim()
  mkdirSync(bin)
  const script = `#!/bin/sh\necho "$@" >> '${join(folder, 'arguments')}'\nexec '${real}' "$@"\n`
  writeFileSync(join(bin, 'redis-cli'), script, { mode: 0o755 })
}

interface Ending {
  code: number
  payload: Record<string, unknown>
  news: string[]
}

function run(program: string, file: string, goal: string, env: Record<string, string> = {}): Promise<Ending> {
  const options = {
    cwd: folder,
    env: { PATH: [join(folder, 'bin'), searchPath].join(delimiter), GUILDHALL_WAIT_SECONDS: '45', ...env },
  }
  return new Promise((resolve, reject) => {
    execFile(program, [join(root, 'docs/examples', file), goal], options, (error, stdout, stderr) => {
      const code = error ? error.code : 0
      if (typeof code !== 'number' || stdout === '') reject(new Error(`${String(code)}: ${stderr}`))
      else resolve({ code, payload: JSON.parse(stdout), news: stderr.trim().split('\n') })
    })
  })
}

describe('the README’s redis-cli lines', () => {
  it('submit a task and read the answer, exactly as they are printed', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8')
    const script = /<!-- test: wire -->\s+```bash\n([\s\S]*?)```/.exec(readme)?.[1] ?? ''
    expect(script).toContain('XADD')
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder,
      env: { PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin` },
    })
    expect(stdout).toContain('"type":"task.accepted"')
    expect(stdout).toContain('"correlationid":"01900000-0000-7000-8000-000000000001"')
  })
})

describe.each(examples)('the example in $language', ({ program, file }) => {
  const isThere = spawnSync(program, ['--version']).status === 0

  it('follows a task to its completion', async ({ skip }) => {
    if (!isThere) skip(`there is no ${program} here`)
    const { code, payload, news } = await run(program, file, 'Say "hello" to the reader’s \\ neighbour')
    expect(payload).toMatchObject({
      state: 'completed',
      task: { goal: 'Say "hello" to the reader’s \\ neighbour', result: 'hello "reader"' },
    })
    expect(news[0]).toBe(`task.accepted: ${String(payload['taskId'])}`)
    expect(news).toContain('task.transitioned')
    expect(news.at(-1)).toBe('task.completed')
    expect(code).toBe(0)
  })

  it('ends with 1 when nobody can do the task; reads a client file of many lines too', async ({ skip }) => {
    if (!isThere) skip(`there is no ${program} here`)
    const known = JSON.parse(readFileSync(join(guildhall.stateDir, 'client.json'), 'utf8'))
    const indented = join(folder, 'indented.json')
    writeFileSync(indented, JSON.stringify(known, undefined, 2))
    const { code, payload, news } = await run(program, file, 'Translate the Iliad into Basque', {
      GUILDHALL_CLIENT_FILE: indented,
    })
    expect(payload).toMatchObject({ state: 'rejected', task: { error: { code: 'no-agent' } } })
    expect(news.at(-1)).toBe('task.rejected')
    expect(code).toBe(1)
  })

  it('ends with 1 and the refusal when the task is refused; takes its settings from the environment', async ({
    skip,
  }) => {
    if (!isThere) skip(`there is no ${program} here`)
    const path = join(guildhall.stateDir, 'client.json')
    const { token, redis, shards, replyStream } = await readClientFile(path)
    const { code, payload } = await run(program, file, 'x'.repeat(20_001), {
      GUILDHALL_CLIENT_FILE: join(folder, 'absent.json'),
      GUILDHALL_REDIS_URL: `redis://${redis.host}:${redis.port}`,
      GUILDHALL_REDIS_USERNAME: redis.username,
      GUILDHALL_REDIS_PASSWORD: String(redis.password),
      GUILDHALL_TOKEN: token,
      GUILDHALL_SHARD: shards.join(),
      GUILDHALL_REPLY_STREAM: replyStream,
    })
    expect(payload).toMatchObject({ code: 'invalid', retryable: false, requestType: 'task.submit' })
    expect(code).toBe(1)
  })

  it('says so when there are several shards, which it does not read', async ({ skip }) => {
    if (!isThere) skip(`there is no ${program} here`)
    const known = JSON.parse(readFileSync(join(guildhall.stateDir, 'client.json'), 'utf8'))
    const several = join(folder, 'several.json')
    writeFileSync(several, JSON.stringify({ ...known, shards: ['main', 'other'] }))
    await expect(run(program, file, 'Greet', { GUILDHALL_CLIENT_FILE: several })).rejects.toThrow(
      '1: The streams are in several shards, and this example reads one.',
    )
  })
})

describe('a secret', () => {
  it('is never among the arguments of redis-cli', async () => {
    const { token, redis } = await readClientFile(join(guildhall.stateDir, 'client.json'))
    const seen = readFileSync(join(folder, 'arguments'), 'utf8')
    expect(seen).toContain(`--user ${redis.username}`)
    expect(seen).not.toContain(token)
    expect(seen).not.toContain(redis.password)
  })
})
