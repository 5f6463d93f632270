import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AgentCreate,
  AgentCreated,
  AgentList,
  AgentListed,
  AgentRetire,
  AgentRetired,
  ApprovalList,
  ApprovalListed,
  AuditList,
  AuditListed,
  MatchExplain,
  MatchExplained,
  type TaskView,
} from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine } from './command.line.js'
import { lawnMowing, teaMaking } from './household.skills.js'
import { RunningStack, until } from './running.stack.js'

let guildhall: RunningStack
let commands: CommandLine

beforeAll(async () => {
  guildhall = await RunningStack.start()
  commands = CommandLine.in(guildhall.stateDir)
  await guildhall.teach(teaMaking)
  await guildhall.teach(lawnMowing)
})
afterAll(async () => {
  commands.remove()
  await guildhall.stop()
})

describe('the rights and the life of agents', () => {
  const agentNamed = async (start: string) => {
    const { value } = await guildhall.client.request(AgentList, { all: true }, AgentListed)
    return value.agents.find(({ name }) => name.startsWith(start))
  }

  it('creates, shows and retires agents; a retired one gets no task', async () => {
    const created = await commands.runProgram(
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
    expect((await commands.run('agents', 'show', 'barista')).value).toMatchObject({
      agent: { config: { functions: ['bash'] } },
    })
    expect((await commands.run('agents', 'retire', 'barista')).code).toBe(0)
    const { value } = await commands.run<{ agents: { name: string }[] }>('agents', 'list')
    expect(value.agents.map(({ name }) => name)).not.toContain('barista')
    expect(
      (await commands.run<{ match: { agent: { name: string } } }>('match', 'Brew some tea')).value.match.agent
        .name,
    ).toBe('butler')
  })

  it('let a client’s tasks do what it was given, and nothing else', async () => {
    const bob = CommandLine.in(undefined)
    mkdirSync(bob.stateDir)
    const added = await commands.run('clients', 'add', 'bob', '--tenant', 'local', '--roles', 'submitter')
    expect(added.code).toBe(0)
    const file = join(bob.stateDir, 'client.json')
    expect((await commands.run('tokens', 'issue', 'bob', '--label', 'e2e', '--client-file', file)).code).toBe(
      0,
    )
    const asBob = () => bob.run<TaskView>('submit', 'Make me a cup of tea', '--wait')
    expect(await asBob()).toMatchObject({
      code: 1,
      value: { state: 'rejected', error: { message: expect.stringContaining('bash') as string } },
    })
    expect((await commands.run('clients', 'change', 'bob', '--function', 'bash')).value).toMatchObject({
      client: { roles: ['submitter'], rights: { functions: ['bash'], mounts: [] } },
    })
    await until(async () => (await asBob()).value.state === 'completed', 'the router knows what bob holds')
    const mounting = await bob.run('submit', 'Make me a cup of tea', '--mount', bob.folder)
    expect(mounting).toMatchObject({ code: 1, value: { error: { code: 'right-missing' } } })
    bob.remove()
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
    expect((await commands.run('tasks', 'show', task.id)).value).toMatchObject({
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
    const once = await commands.run<TaskView>('submit', goal, '--approve', 'once')
    expect(once).toMatchObject({ code: 0, value: { result: 'raked', agent: { ephemeral: true } } })
    const name = once.value.agent?.name ?? ''
    await until(async () => (await agentNamed(name))?.state === 'disposed', 'the agent is gone')
    expect((await commands.run('agents', 'keep', name)).code).toBe(0)
    const asked = async () => {
      const { value } = await guildhall.client.request(ApprovalList, { state: 'pending' }, ApprovalListed)
      return value.approvals.find(({ kind }) => kind === 'keep-agent')
    }
    await until(async () => (await asked()) !== undefined, 'somebody is asked')
    expect((await commands.run('approvals', 'approve', (await asked())?.id ?? '', '--permanent')).code).toBe(
      0,
    )
    await until(async () => (await agentNamed(name))?.state === 'active', 'the agent stays')
    const { task } = await guildhall.run({ goal })
    expect(task).toMatchObject({ result: 'raked', agent: { name, ephemeral: false } })
  })

  it('has versions to compare and to go back to, and an end for good', async () => {
    const create = (...more: string[]) =>
      commands.run(
        'agents',
        'create',
        'gardener',
        '--skills',
        'lawn-mowing',
        '--description',
        'Mows.',
        ...more,
      )
    expect((await create()).code).toBe(0)
    expect((await create('--budget', 'calls=2', '--host', 'api.example.com:443')).value).toMatchObject({
      agent: { version: 2, config: { grants: { budget: { calls: 2 }, hosts: ['api.example.com:443'] } } },
    })
    expect((await commands.run('agents', 'diff', 'gardener')).value).toMatchObject({
      from: 1,
      to: 2,
      fields: [{ field: 'grants', from: null }],
    })
    expect((await commands.run('agents', 'rollback', 'gardener', '1')).value).toMatchObject({
      agent: { version: 3 },
    })
    expect((await commands.run('agents', 'versions', 'gardener')).value).toMatchObject({
      versions: [{ version: 3, current: true }, { version: 2 }, { version: 1 }],
    })
    expect((await commands.run('agents', 'destroy', 'gardener')).value).toMatchObject({
      agent: { state: 'destroyed' },
      stateSpace: expect.stringMatching(/^agent:/) as string,
    })
  })

  it('let one hand a task on to another one and get its result; what the other one tried to reach is in the audit', async () => {
    const reach = `node -e "fetch('http://169.254.169.254/').then((a) => console.log(a.status))"; echo seven`
    await guildhall.teach({
      skill: 'boat-counting',
      description: 'Counts the boats in the harbour.',
      examples: ['Count the boats in the harbour'],
      steps: [{ id: 'count', call: 'bash', arguments: { command: reach } }],
    })
    // What is handed on may do no more than the agent that hands on: both hold the same.
    await guildhall.teach({
      skill: 'report-writing',
      description: 'Writes the yearly report of the lighthouse keeper.',
      examples: ['Write the yearly report of the lighthouse keeper'],
      steps: [
        { id: 'ask', call: 'task.submit', arguments: { goal: 'Count the boats in the harbour' } },
        { id: 'keep', call: 'bash', arguments: { command: 'mkdir -p artifacts; touch artifacts/report' } },
      ],
      result: { ref: 'steps.ask.stdout' },
    })
    const grants = { hosts: ['harbour.example:80'] }
    for (const [name, skill] of [
      ['counter', 'boat-counting'],
      ['keeper', 'report-writing'],
    ] as const)
      await guildhall.client.request(
        AgentCreate,
        { name, description: `An agent for ${skill}.`, skills: [skill], grants },
        AgentCreated,
      )
    const { task } = await guildhall.run({ goal: 'Write the yearly report of the lighthouse keeper' })
    expect(task, JSON.stringify(task.error)).toMatchObject({ state: 'completed', agent: { name: 'keeper' } })
    const { taskId, ...end } = JSON.parse(task.result ?? '') as { taskId: string; result: string }
    expect(end).toMatchObject({ state: 'completed', result: expect.stringContaining('seven') })
    const typesOf = async (id: string) => {
      const { value } = await guildhall.client.request(AuditList, { taskId: id, limit: 500 }, AuditListed)
      return value.records.map(({ type }) => type)
    }
    await until(
      async () => (await typesOf(taskId)).includes('egress.attempted'),
      'the attempt to reach out is in the audit',
    )
    await until(
      async () => (await typesOf(task.id)).includes('delegation.ended'),
      'the end of the other task is in the audit',
    )
  })
})
