import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ApprovalSummary, TaskView } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine, program } from './command.line.js'
import { lawnMowing, teaMaking } from './household.skills.js'
import { root, RunningStack, until } from './running.stack.js'

let guildhall: RunningStack
let commands: CommandLine

beforeAll(async () => {
  guildhall = await RunningStack.start()
  commands = CommandLine.in(guildhall.stateDir)
  await guildhall.teach(teaMaking)
  await guildhall.teach({
    skill: 'long-nap',
    description: 'Takes a very long nap.',
    examples: ['Take a very long nap'],
    agent: 'sleeper',
    steps: [{ id: 'nap', call: 'bash', arguments: { command: 'sleep 3600' } }],
  })
  await guildhall.teach(lawnMowing)
  await guildhall.teach({
    skill: 'hedge-cutting',
    description: 'Cuts the hedge around a house.',
    examples: ['Cut the hedge around the house'],
    steps: [{ id: 'cut', call: 'bash', arguments: { command: 'echo cut' } }],
  })
})
afterAll(async () => {
  commands.remove()
  await guildhall.stop()
})

describe('guildhall --json', () => {
  it('submits, waits and prints who did it with which score, and the trace', async () => {
    const { code, value } = await commands.runProgram('submit', 'Make me a cup of tea', '--wait')
    expect(code).toBe(0)
    expect(value).toMatchObject({
      state: 'completed',
      agent: { name: 'butler', version: 1, ephemeral: false },
      result: 'here you are',
      artifacts: [],
    })
    expect(value['matchScore']).toBeGreaterThanOrEqual(0.5)
    expect(value['traceId']).toMatch(/^[0-9a-f]{32}$/)
    const shown = await commands.run<{ task: TaskView }>('tasks', 'show', value['id'] as string)
    expect(shown.value.task.state).toBe('completed')
    const watched = await commands.run('tasks', 'watch', value['id'] as string)
    expect(watched).toMatchObject({ code: 0, value: { state: 'completed' } })
  })

  it('cancels a task, and whoever watches it is told', async () => {
    const submitted = await commands.run<{ id: string }>('submit', 'Take a very long nap')
    const watching = commands.run('tasks', 'watch', submitted.value.id)
    expect((await commands.run('tasks', 'cancel', submitted.value.id)).code).toBe(0)
    expect(await watching).toMatchObject({ code: 1, value: { state: 'canceled' } })
  })

  it('lists, shows and answers approvals', async () => {
    const ask = async () => {
      const { value } = await commands.run<{ id: string }>('submit', 'Mow the lawn in the garden')
      const pending = async () => {
        const { value } = await commands.run<{ approvals: ApprovalSummary[] }>(
          'approvals',
          'list',
          '--state',
          'pending',
        )
        return value.approvals[0]
      }
      await until(async () => (await pending()) !== undefined, 'an approval is asked')
      const approval = await pending()
      expect(approval?.taskId).toBe(value.id)
      return { task: value.id, approval: approval?.id ?? '' }
    }
    const refused = await ask()
    expect((await commands.run('approvals', 'show', refused.approval)).value).toMatchObject({
      approval: { state: 'pending', subject: { config: { skills: ['lawn-mowing'] } } },
    })
    expect(
      (await commands.run('approvals', 'deny', refused.approval, '--comment', 'the grass is fine')).code,
    ).toBe(0)
    expect(await commands.run('tasks', 'watch', refused.task)).toMatchObject({
      code: 1,
      value: { state: 'rejected', error: { message: 'the grass is fine' } },
    })
    const allowed = await ask()
    expect((await commands.run('approvals', 'approve', allowed.approval, '--permanent')).code).toBe(0)
    expect(await commands.run('tasks', 'watch', allowed.task)).toMatchObject({
      code: 0,
      value: { result: 'mown' },
    })
    expect(await commands.run('approvals', 'approve', allowed.approval)).toMatchObject({
      code: 1,
      value: { error: { code: 'approval-stale' } },
    })
  })

  it('sets the policy on approvals, and no roster with nobody in it', async () => {
    const file = join(commands.folder, 'approvals.json')
    writeFileSync(file, JSON.stringify({ approvers: { clients: [] } }))
    expect(await commands.run('approvals', 'policy', 'set', file)).toMatchObject({
      code: 1,
      value: { error: { code: 'no-approvers' } },
    })
    writeFileSync(file, JSON.stringify({ deny: [{ name: 'no-mail', functions: ['mail.*'] }] }))
    expect(await commands.run('approvals', 'policy', 'set', file)).toMatchObject({
      code: 0,
      value: { version: 1 },
    })
    expect((await commands.run('approvals', 'policy', 'show')).value).toMatchObject({
      author: 'local',
      uses: {},
    })
  })

  it('keeps state, lists skills and shows the audit', async () => {
    expect((await commands.run('state', 'set', 'colour', '"green"', '--persist')).code).toBe(0)
    expect((await commands.run('state', 'get', 'colour')).value).toMatchObject({
      found: true,
      value: 'green',
    })
    const skills = await commands.run<{ skills: { name: string }[] }>('skills', 'list')
    expect(skills.value.skills.map(({ name }) => name)).toContain('tea-making')
    expect((await commands.run('skills', 'show', 'tea-making')).code).toBe(0)
    const audit = await commands.run<{ records: unknown[] }>('audit', 'list', '--limit', '5')
    expect(audit.value.records).toHaveLength(5)
  })

  it('tells wrong use, refusals and a stack that does not run apart by its exit code', async () => {
    expect((await commands.runProgram('submit')).code).toBe(2)
    expect((await commands.run('approvals', 'list', '--state', 'odd')).code).toBe(2)
    expect(await commands.runProgram('tasks', 'show', '00000000-0000-7000-8000-000000000000')).toMatchObject({
      code: 1,
      value: { error: { code: 'task-not-found' } },
    })
    const stopped = CommandLine.in(undefined)
    expect((await stopped.runProgram('tasks', 'list')).code).toBe(3)
    expect((await stopped.run('status')).code).toBe(3)
    stopped.remove()
  })
})

describe('guildhall skills and functions', () => {
  it('imports skill folders, and gives every version back to the byte', async () => {
    const skill = join(commands.folder, 'skills', 'disk-usage')
    cpSync(join(root, 'skills', 'disk-usage'), skill, { recursive: true })
    writeFileSync(join(skill, 'scripts', 'run'), '#!/bin/sh\n', { mode: 0o755 })
    writeFileSync(join(skill, 'assets.bin'), Buffer.from([0, 255, 10]))
    mkdirSync(join(commands.folder, 'skills', 'Bad'))
    writeFileSync(join(commands.folder, 'skills', 'Bad', 'SKILL.md'), '---\nname: Bad\ndescription: x\n---\n')
    const report = join(commands.folder, 'report.json')
    const imported = await commands.run(
      'skills',
      'import',
      join(commands.folder, 'skills'),
      '--report',
      report,
    )
    expect(imported).toMatchObject({
      code: 1,
      value: {
        counts: { added: 1, refused: 1 },
        imported: [{ refused: { code: 'invalid-skill' } }, { result: 'added' }],
      },
    })
    expect(JSON.parse(readFileSync(report, 'utf8'))).toEqual(imported.value)
    cpSync(skill, join(commands.folder, 'first'), { recursive: true })
    writeFileSync(join(skill, 'guildhall.yaml'), 'tags: [disk]\n')
    expect((await commands.run('skills', 'import', skill)).code).toBe(0)
    expect((await commands.run('skills', 'diff', 'disk-usage')).value).toMatchObject({
      from: 1,
      to: 2,
      files: [{ path: 'guildhall.yaml', change: 'changed' }],
    })
    const back = await commands.run<{ folder: string }>(
      'skills',
      'export',
      'disk-usage',
      '--version',
      '1',
      '--to',
      commands.folder,
    )
    expect(back).toMatchObject({
      code: 0,
      value: { version: 1, folder: join(commands.folder, 'disk-usage') },
    })
    const listing = (of: string) =>
      execFileSync(
        'sh',
        ['-c', 'find . -type f -exec sha256sum {} + | sort; find . -type f -perm -u=x | sort'],
        {
          cwd: of,
          encoding: 'utf8',
        },
      )
    expect(listing(back.value.folder)).toBe(listing(join(commands.folder, 'first')))
  })

  it('registers the example’s folder as a function, calls it, and an agent does so too', async () => {
    const registered = await commands.run(
      'functions',
      'register',
      join(root, 'docs', 'examples', 'count-words'),
    )
    expect(registered).toMatchObject({
      code: 0,
      value: { created: true, functions: [{ name: 'custom.count-words' }] },
    })
    const args = JSON.stringify({ text: 'Tea? More tea!' })
    const called = await commands.run('functions', 'call', 'custom.count-words', '--arguments', args)
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
    expect(await commands.run('functions', 'remove', 'custom.count-words')).toMatchObject({ code: 0 })
  })
})

describe('guildhall submit --wait at a terminal', () => {
  it('shows the proposal, asks, and goes on with the answer', async () => {
    const line = `stty cols 100 rows 40; exec '${process.execPath}' '${program}' ${commands.place.map((word) => `'${word}'`).join(' ')} submit 'Cut the hedge around the house' --wait`
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
    const { value } = await commands.run<{ approvals: ApprovalSummary[] }>('approvals', 'list')
    expect(value.approvals[0]).toMatchObject({ answer: 'once', decidedBy: 'local' })
  })
})
