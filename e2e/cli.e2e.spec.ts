import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  AgentList,
  AgentListed,
  AgentRetire,
  AgentRetired,
  ApprovalList,
  ApprovalListed,
  type ApprovalSummary,
  MatchExplain,
  MatchExplained,
  type TaskView,
} from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, RunningStack, until } from './running.stack.js'

let guildhall: RunningStack
let folder: string

beforeAll(async () => {
  guildhall = await RunningStack.start()
  folder = mkdtempSync(join(tmpdir(), 'guildhall-cli-'))
  for (const name of ['running', 'stopped']) {
    mkdirSync(join(folder, name))
    writeFileSync(join(folder, name, 'package.json'), '{"name": "guildhall"}')
  }
  symlinkSync(guildhall.stateDir, join(folder, 'running', '.guildhall'))
  await guildhall.teach({
    skill: 'tea-making',
    description: 'Makes a cup of tea.',
    examples: ['Make me a cup of tea', 'Brew some tea'],
    agent: 'butler',
    steps: [{ id: 'brew', call: 'bash', arguments: { command: 'echo "here you are"' } }],
  })
  await guildhall.teach({
    skill: 'long-nap',
    description: 'Takes a very long nap.',
    examples: ['Take a very long nap'],
    agent: 'sleeper',
    steps: [{ id: 'nap', call: 'bash', arguments: { command: 'sleep 3600' } }],
  })
  await guildhall.teach({
    skill: 'lawn-mowing',
    description: 'Mows the lawn of a garden.',
    examples: ['Mow the lawn in the garden'],
    steps: [{ id: 'mow', call: 'bash', arguments: { command: 'echo mown' } }],
  })
  await guildhall.teach({
    skill: 'hedge-cutting',
    description: 'Cuts the hedge around a house.',
    examples: ['Cut the hedge around the house'],
    steps: [{ id: 'cut', call: 'bash', arguments: { command: 'echo cut' } }],
  })
})
afterAll(async () => {
  await guildhall.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** Runs the command as a person without a terminal would; stdout must be one JSON document and nothing else. */
async function run<T = Record<string, unknown>>(...args: string[]): Promise<{ code: number; value: T }> {
  return runIn('running', ...args)
}
function runIn<T>(where: string, ...args: string[]): Promise<{ code: number; value: T }> {
  const command = [join(root, 'libs/cli/bin/guildhall.mjs'), '--root', join(folder, where), '--json', ...args]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, command, (error, stdout) => {
      try {
        resolve({ code: error ? Number(error.code) : 0, value: JSON.parse(stdout) as T })
      } catch {
        reject(new Error(`not one JSON document: ${stdout}`))
      }
    })
  })
}

describe('guildhall --json', () => {
  it('submits, waits and prints who did it with which score, and the trace', async () => {
    const { code, value } = await run('submit', 'Make me a cup of tea', '--wait')
    expect(code).toBe(0)
    expect(value).toMatchObject({
      state: 'completed',
      agent: { name: 'butler', version: 1, ephemeral: false },
      result: 'here you are',
      artifacts: [],
    })
    expect(value['matchScore']).toBeGreaterThanOrEqual(0.5)
    expect(value['traceId']).toMatch(/^[0-9a-f]{32}$/)
    const shown = await run<{ task: TaskView }>('tasks', 'show', value['id'] as string)
    expect(shown.value.task.state).toBe('completed')
    const watched = await run('tasks', 'watch', value['id'] as string)
    expect(watched).toMatchObject({ code: 0, value: { state: 'completed' } })
  })

  it('cancels a task, and whoever watches it is told', async () => {
    const submitted = await run<{ id: string }>('submit', 'Take a very long nap')
    const watching = run('tasks', 'watch', submitted.value.id)
    expect((await run('tasks', 'cancel', submitted.value.id)).code).toBe(0)
    expect(await watching).toMatchObject({ code: 1, value: { state: 'canceled' } })
  })

  it('lists, shows and answers approvals', async () => {
    const ask = async () => {
      const { value } = await run<{ id: string }>('submit', 'Mow the lawn in the garden')
      const pending = async () =>
        (await run<{ approvals: ApprovalSummary[] }>('approvals', 'list', '--state', 'pending')).value
          .approvals[0]
      let approval = await pending()
      for (let i = 0; i < 20 && !approval; i++) approval = await pending()
      expect(approval?.taskId).toBe(value.id)
      return { task: value.id, approval: approval?.id ?? '' }
    }
    const refused = await ask()
    expect((await run('approvals', 'show', refused.approval)).value).toMatchObject({
      approval: { state: 'pending', subject: { config: { skills: ['lawn-mowing'] } } },
    })
    expect((await run('approvals', 'deny', refused.approval, '--comment', 'the grass is fine')).code).toBe(0)
    expect(await run('tasks', 'watch', refused.task)).toMatchObject({
      code: 1,
      value: { state: 'rejected', error: { message: 'the grass is fine' } },
    })
    const allowed = await ask()
    expect((await run('approvals', 'approve', allowed.approval, '--permanent')).code).toBe(0)
    expect(await run('tasks', 'watch', allowed.task)).toMatchObject({ code: 0, value: { result: 'mown' } })
    expect(await run('approvals', 'approve', allowed.approval)).toMatchObject({
      code: 1,
      value: { error: { code: 'approval-stale' } },
    })
  })

  it('sets the policy on approvals, and no roster with nobody in it', async () => {
    const file = join(folder, 'approvals.json')
    writeFileSync(file, JSON.stringify({ approvers: { clients: [] } }))
    expect(await run('approvals', 'policy', 'set', file)).toMatchObject({
      code: 1,
      value: { error: { code: 'no-approvers' } },
    })
    writeFileSync(file, JSON.stringify({ deny: [{ name: 'no-mail', functions: ['mail.*'] }] }))
    expect(await run('approvals', 'policy', 'set', file)).toMatchObject({ code: 0, value: { version: 1 } })
    expect((await run('approvals', 'policy', 'show')).value).toMatchObject({ author: 'local', uses: {} })
  })

  it('creates, shows and retires agents; a retired one gets no task', async () => {
    const created = await run(
      'agents',
      'create',
      'barista',
      '--skills',
      'tea-making',
      '--description',
      'Makes tea.',
    )
    expect(created).toMatchObject({
      code: 0,
      value: { agent: { name: 'barista', version: 1, state: 'active' } },
    })
    expect((await run('agents', 'show', 'barista')).value).toMatchObject({
      agent: { config: { functions: ['bash'] } },
    })
    expect((await run('agents', 'retire', 'barista')).code).toBe(0)
    const { value } = await run<{ agents: { name: string }[] }>('agents', 'list')
    expect(value.agents.map(({ name }) => name)).not.toContain('barista')
    expect(
      (await run<{ match: { agent: { name: string } } }>('match', 'Brew some tea')).value.match.agent.name,
    ).toBe('butler')
  })

  it('imports skill folders, and gives every version back to the byte', async () => {
    const skill = join(folder, 'skills', 'disk-usage')
    cpSync(join(root, 'skills', 'disk-usage'), skill, { recursive: true })
    writeFileSync(join(skill, 'scripts', 'run'), '#!/bin/sh\n', { mode: 0o755 })
    writeFileSync(join(skill, 'assets.bin'), Buffer.from([0, 255, 10]))
    mkdirSync(join(folder, 'skills', 'Bad'))
    writeFileSync(join(folder, 'skills', 'Bad', 'SKILL.md'), '---\nname: Bad\ndescription: x\n---\n')
    const report = join(folder, 'report.json')
    const imported = await run('skills', 'import', join(folder, 'skills'), '--report', report)
    expect(imported).toMatchObject({
      code: 1,
      value: {
        counts: { added: 1, refused: 1 },
        imported: [{ refused: { code: 'invalid-skill' } }, { result: 'added' }],
      },
    })
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(imported.value)
    cpSync(skill, join(folder, 'first'), { recursive: true })
    writeFileSync(join(skill, 'guildhall.yaml'), 'tags: [disk]\n')
    expect((await run('skills', 'import', skill)).code).toBe(0)
    expect((await run('skills', 'diff', 'disk-usage')).value).toMatchObject({
      from: 1,
      to: 2,
      files: [{ path: 'guildhall.yaml', change: 'changed' }],
    })
    const back = await run<{ folder: string }>(
      'skills',
      'export',
      'disk-usage',
      '--version',
      '1',
      '--to',
      folder,
    )
    expect(back).toMatchObject({ code: 0, value: { version: 1, folder: join(folder, 'disk-usage') } })
    const listing = (of: string) =>
      execFileSync(
        'sh',
        ['-c', 'find . -type f -exec sha256sum {} + | sort; find . -type f -perm -u=x | sort'],
        {
          cwd: of,
          encoding: 'utf8',
        },
      )
    expect(listing(back.value.folder)).toBe(listing(join(folder, 'first')))
  })

  it('keeps state, lists skills and shows the audit', async () => {
    expect((await run('state', 'set', 'colour', '"green"', '--persist')).code).toBe(0)
    expect((await run('state', 'get', 'colour')).value).toMatchObject({ found: true, value: 'green' })
    const skills = await run<{ skills: { name: string }[] }>('skills', 'list')
    expect(skills.value.skills.map(({ name }) => name)).toContain('tea-making')
    expect((await run('skills', 'show', 'tea-making')).code).toBe(0)
    const audit = await run<{ records: unknown[] }>('audit', 'list', '--limit', '5')
    expect(audit.value.records).toHaveLength(5)
  })

  it('registers the example’s folder as a function, calls it, and an agent does so too', async () => {
    const registered = await run('functions', 'register', join(root, 'docs', 'examples', 'count-words'))
    expect(registered).toMatchObject({
      code: 0,
      value: { created: true, functions: [{ name: 'custom.count-words' }] },
    })
    const args = JSON.stringify({ text: 'Tea? More tea!' })
    const called = await run('functions', 'call', 'custom.count-words', '--arguments', args)
    expect(called).toMatchObject({ code: 0, value: { stdout: '{"tea":2,"more":1}\n', version: '1.0.0' } })
    const goal = 'Count the words of the valley song'
    await guildhall.teach({
      skill: 'song-words',
      description: 'Counts the words of songs.',
      examples: [goal],
      agent: 'singer',
      steps: [{ id: 'count', call: 'custom.count-words', arguments: { text: 'la la', atMost: 1 } }],
    })
    expect((await guildhall.run({ goal })).task).toMatchObject({ state: 'completed', result: '{"la":2}' })
    expect(await run('functions', 'remove', 'custom.count-words')).toMatchObject({ code: 0 })
  })

  it('tells wrong use, refusals and a stack that does not run apart by its exit code', async () => {
    expect((await run('submit')).code).toBe(2)
    expect((await run('approvals', 'list', '--state', 'odd')).code).toBe(2)
    expect(await run('tasks', 'show', '00000000-0000-7000-8000-000000000000')).toMatchObject({
      code: 1,
      value: { error: { code: 'task-not-found' } },
    })
    expect((await runIn('stopped', 'tasks', 'list')).code).toBe(3)
    expect((await runIn('stopped', 'status')).code).toBe(3)
  })
})

describe('the rights and the life of agents', () => {
  const agentNamed = async (start: string) => {
    const { value } = await guildhall.client.request(AgentList, { all: true }, AgentListed)
    return value.agents.find(({ name }) => name.startsWith(start))
  }

  it('let a client’s tasks do what it was given, and nothing else', async () => {
    const place = join(folder, 'bob', '.guildhall')
    mkdirSync(place, { recursive: true })
    writeFileSync(join(folder, 'bob', 'package.json'), '{"name": "guildhall"}')
    const added = await run('clients', 'add', 'bob', '--tenant', 'local', '--roles', 'submitter')
    expect(added.code).toBe(0)
    const file = join(place, 'client.json')
    expect((await run('tokens', 'issue', 'bob', '--label', 'e2e', '--client-file', file)).code).toBe(0)
    const asBob = () => runIn<TaskView>('bob', 'submit', 'Make me a cup of tea', '--wait')
    expect(await asBob()).toMatchObject({
      code: 1,
      value: { state: 'rejected', error: { message: expect.stringContaining('bash') as string } },
    })
    expect((await run('clients', 'change', 'bob', '--function', 'bash')).value).toMatchObject({
      client: { roles: ['submitter'], rights: { functions: ['bash'], mounts: [] } },
    })
    await until(async () => (await asBob()).value.state === 'completed', 'the router knows what bob holds')
    const mounting = await runIn('bob', 'submit', 'Make me a cup of tea', '--mount', folder)
    expect(mounting).toMatchObject({ code: 1, value: { error: { code: 'right-missing' } } })
  })

  it('let a retired agent finish what it has, and give it no more', async () => {
    const goal = 'Rest a short while in the hammock'
    const waiting = 'for n in $(seq 600); do [ -e /mnt/outside/go ] && break; sleep 0.1; done; echo rested'
    await guildhall.teach({
      skill: 'short-rest',
      description: 'Rests a short while in a hammock.',
      examples: [goal],
      agent: 'rester',
      steps: [{ id: 'rest', call: 'bash', arguments: { command: waiting } }],
    })
    const { client, outside } = guildhall
    const mounts = [{ source: outside, mode: 'ro' as const }]
    const { task } = await guildhall.run({ goal, mounts }, async ({ type, value }) => {
      if (type !== 'task.transitioned' || value.to !== 'running') return
      await client.request(AgentRetire, { agent: 'rester' }, AgentRetired)
      writeFileSync(join(outside, 'go'), '')
    })
    expect(task).toMatchObject({ state: 'completed', result: 'rested', attempt: 1 })
    expect((await run('tasks', 'show', task.id)).value).toMatchObject({
      attempts: [{ number: 1, state: 'succeeded', agent: { name: 'rester', version: 1 } }],
      rights: { functions: ['*'] },
    })
    const { value } = await client.request(MatchExplain, { goal }, MatchExplained)
    expect(value.outcome).toBe('no-agent')
  })

  it('dispose of an ephemeral agent after its task, and keep it when a person agrees', async () => {
    const goal = 'Rake the fallen leaves'
    await guildhall.teach({
      skill: 'leaf-raking',
      description: 'Rakes the fallen leaves in autumn.',
      examples: [goal],
      steps: [{ id: 'rake', call: 'bash', arguments: { command: 'echo raked' } }],
    })
    const once = await run<TaskView>('submit', goal, '--approve', 'once')
    expect(once).toMatchObject({ code: 0, value: { result: 'raked', agent: { ephemeral: true } } })
    const name = once.value.agent?.name ?? ''
    await until(async () => (await agentNamed(name))?.state === 'disposed', 'the agent is gone')
    expect((await run('agents', 'keep', name)).code).toBe(0)
    const asked = async () => {
      const { value } = await guildhall.client.request(ApprovalList, { state: 'pending' }, ApprovalListed)
      return value.approvals.find(({ kind }) => kind === 'keep-agent')
    }
    await until(async () => (await asked()) !== undefined, 'somebody is asked')
    expect((await run('approvals', 'approve', (await asked())?.id ?? '', '--permanent')).code).toBe(0)
    await until(async () => (await agentNamed(name))?.state === 'active', 'the agent stays')
    const { task } = await guildhall.run({ goal })
    expect(task).toMatchObject({ result: 'raked', agent: { name, ephemeral: false } })
  })

  it('has versions to compare and to go back to, and an end for good', async () => {
    const create = (...more: string[]) =>
      run('agents', 'create', 'gardener', '--skills', 'lawn-mowing', '--description', 'Mows.', ...more)
    expect((await create()).code).toBe(0)
    expect((await create('--budget', 'calls=2', '--host', 'api.example.com:443')).value).toMatchObject({
      agent: { version: 2, config: { grants: { budget: { calls: 2 }, hosts: ['api.example.com:443'] } } },
    })
    expect((await run('agents', 'diff', 'gardener')).value).toMatchObject({
      from: 1,
      to: 2,
      fields: [{ field: 'grants', from: null }],
    })
    expect((await run('agents', 'rollback', 'gardener', '1')).value).toMatchObject({ agent: { version: 3 } })
    expect((await run('agents', 'versions', 'gardener')).value).toMatchObject({
      versions: [{ version: 3, current: true }, { version: 2 }, { version: 1 }],
    })
    expect((await run('agents', 'destroy', 'gardener')).value).toMatchObject({
      agent: { state: 'destroyed' },
      stateSpace: expect.stringMatching(/^agent:/) as string,
    })
  })
})

describe('guildhall submit --wait at a terminal', () => {
  it('shows the proposal, asks, and goes on with the answer', async () => {
    const program = join(root, 'libs/cli/bin/guildhall.mjs')
    const line = `stty cols 100 rows 40; exec '${process.execPath}' '${program}' --root '${join(folder, 'running')}' submit 'Cut the hedge around the house' --wait`
    // script(1) gives the command a terminal of its own.
    const terminal = spawn('script', ['-qec', line, '/dev/null'], { env: { ...process.env, TERM: 'xterm' } })
    let shown = ''
    terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      const wasAsked = shown.includes('Allow this agent?')
      shown += chunk
      // The first choice is to refuse; one down is to allow once.
      if (!wasAsked && shown.includes('Allow this agent?')) terminal.stdin.write('\u001b[B\r')
    })
    const timer = setTimeout(() => terminal.kill(), 30_000)
    const [code] = (await once(terminal, 'exit')) as [number]
    clearTimeout(timer)
    expect(shown).toContain('hedge-cutting')
    expect(shown).toContain('completed')
    expect(code).toBe(0)
    const { value } = await run<{ approvals: ApprovalSummary[] }>('approvals', 'list')
    expect(value.approvals[0]).toMatchObject({ answer: 'once', decidedBy: 'local' })
  })
})
