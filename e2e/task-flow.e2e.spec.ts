import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  AgentGet,
  AgentFound,
  AgentList,
  AgentListed,
  ApprovalDecide,
  ApprovalDecided,
  type ApprovalView,
  AuditCount,
  AuditCounted,
  AuditList,
  AuditListed,
  TaskCancel,
  TaskCancelRequested,
  TaskGet,
  TaskFound,
} from '@guildhall/contracts'
import { RequestRefusedError } from '@guildhall/client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningStack, until } from './running.stack.js'

let guildhall: RunningStack
// A duration that nothing else on the machine sleeps for.
const napSeconds = `31${process.pid}`

beforeAll(async () => {
  guildhall = await RunningStack.start()
  await guildhall.teach({
    skill: 'word-count',
    description: 'Counts the words and lines of text files in a folder.',
    examples: ['Count the words in these files', 'How many lines do the text files have?'],
    agent: 'counter',
    steps: [
      { id: 'count', call: 'bash', arguments: { command: 'cat /workspace/inputs/* | wc -w' } },
      {
        id: 'report',
        call: 'fs.write',
        arguments: { path: 'artifacts/words.txt', content: { ref: 'steps.count.stdout' } },
      },
    ],
    result: { ref: 'steps.count.stdout' },
  })
  await guildhall.teach({
    skill: 'image-thumbnails',
    description: 'Makes thumbnails of photographs and pictures.',
    examples: ['Make thumbnails of my photographs', 'Shrink these pictures to thumbnails'],
    steps: [{ id: 'shrink', call: 'bash', arguments: { command: 'echo shrunk' } }],
  })
  await guildhall.teach({
    skill: 'long-nap',
    description: 'Takes a very long nap.',
    examples: ['Take a very long nap'],
    agent: 'sleeper',
    steps: [
      {
        id: 'nap',
        call: 'bash',
        arguments: { command: `sh -c 'sleep ${napSeconds} & setsid sleep ${napSeconds}'` },
      },
    ],
  })
})
afterAll(() => guildhall.stop())

const countWords = {
  goal: 'Count the words in these files',
  files: [{ name: 'poem.txt', contentBase64: Buffer.from('one two three\n').toString('base64') }],
}
const makeThumbnails = { goal: 'Make thumbnails of my photographs' }

async function ask(approval: ApprovalView, answer: ApprovalDecide['answer'], digest?: string) {
  const request = { approvalId: approval.id, answer, ...(digest && { digest }) }
  return guildhall.client.request(ApprovalDecide, request, ApprovalDecided)
}
async function activeAgents(): Promise<string[]> {
  const { value } = await guildhall.client.request(AgentList, {}, AgentListed)
  return value.agents.map((agent) => agent.name)
}

describe('a task that an agent fits', () => {
  it('is matched with a score and reasons, runs in the sandbox and leaves its artifact', async () => {
    const { task, events } = await guildhall.run(countWords)
    expect(task).toMatchObject({
      state: 'completed',
      result: '3',
      requiredSkills: ['word-count'],
      agent: { name: 'counter', version: 1, ephemeral: false },
    })
    expect(task.matchScore).toBeGreaterThanOrEqual(0.5)
    const [artifact] = task.artifacts
    expect(artifact?.name).toBe('words.txt')
    expect(readFileSync(artifact?.path ?? '', 'utf8').trim()).toBe('3')
    const matched = events.find((event) => event.type === 'task.transitioned' && event.value.match)
    expect(matched?.type === 'task.transitioned' && matched.value.match?.reasons.length).toBeGreaterThan(0)
    const steps = events.flatMap((event) => (event.type === 'run.progressed' ? [event.value.step] : []))
    expect(steps.map(({ name, state }) => `${name} ${state}`)).toEqual([
      'count started',
      'count finished',
      'report started',
      'report finished',
    ])
  })

  it('is one task for the same idempotency key', async () => {
    const first = await guildhall.client.submit(countWords, { idempotencyKey: 'once' })
    const second = await guildhall.client.submit(countWords, { idempotencyKey: 'once' })
    expect(second).toMatchObject({ taskId: first.taskId, duplicate: true })
  })
})

describe('a task whose skill nobody holds', () => {
  it('is proposed an agent, hired once after approval, which is gone afterwards', async () => {
    const before = await activeAgents()
    let approval: ApprovalView | undefined
    const { task } = await guildhall.run(makeThumbnails, async (event) => {
      if (event.type !== 'approval.requested') return
      approval = event.value.approval
      expect(approval).toMatchObject({ kind: 'new-agent', defaultAnswer: 'refuse', state: 'pending' })
      await expect(ask(approval, 'once', '0'.repeat(64))).rejects.toMatchObject({ code: 'approval-changed' })
      const { value } = await ask(approval, 'once', approval.digest)
      expect(value.approval).toMatchObject({ state: 'approved', answer: 'once', decidedBy: 'local' })
      await expect(ask(approval, 'permanent')).rejects.toMatchObject({ code: 'approval-stale' })
    })
    expect(task).toMatchObject({ state: 'completed', result: 'shrunk', agent: { ephemeral: true } })
    await until(async () => (await activeAgents()).length === before.length, 'the hired agent is gone')
    expect(await activeAgents()).toEqual(before)
    const { value } = await guildhall.client.request(AgentGet, { agent: task.agent?.id ?? '' }, AgentFound)
    expect(value.agent.state).toBe('disposed')
  })

  it('is rejected when a person refuses', async () => {
    const { task } = await guildhall.run(makeThumbnails, async (event) => {
      if (event.type === 'approval.requested') await ask(event.value.approval, 'refuse')
    })
    expect(task).toMatchObject({ state: 'rejected', error: { code: 'approval-refused' } })
  })

  it('keeps an agent that was hired for good, and the next such task asks nobody', async () => {
    await guildhall.run(makeThumbnails, async (event) => {
      if (event.type === 'approval.requested') await ask(event.value.approval, 'permanent')
    })
    const { task, events } = await guildhall.run(makeThumbnails)
    expect(task).toMatchObject({ state: 'completed', agent: { ephemeral: false } })
    expect(events.some((event) => event.type === 'approval.requested')).toBe(false)
  })
})

describe('a task that nothing fits', () => {
  it('is rejected with no agent and the missing skills in words, never given to the least bad agent', async () => {
    const { task } = await guildhall.run({
      goal: 'Book a flight to Lisbon and reserve a hotel near the river',
    })
    expect(task).toMatchObject({ state: 'rejected', error: { code: 'no-agent' } })
    expect(task.agent).toBeUndefined()
    expect(task.missingSkills.join(' ')).toMatch(/flight/)
  })
})

describe('the record', () => {
  it('holds every message of a task with the router’s verdict, in one trace', async () => {
    const { task, traceId } = await guildhall.run(countWords)
    const records = async () => {
      const list = { taskId: task.id, limit: 500 }
      return (await guildhall.client.request(AuditList, list, AuditListed)).value.records
    }
    // The client hears of the end while the record of it is stored.
    await until(
      async () => (await records()).some(({ type }) => type === 'task.completed'),
      'the record of its end',
    )
    const all = await records()
    const types = all.map((record) => record.type)
    for (const type of [
      'task.submit',
      'skills.match',
      'skills.matched',
      'task.run',
      'run.started',
      'run.succeeded',
    ]) {
      expect(types).toContain(type)
    }
    expect(all.every((record) => record.verdict === 'allowed')).toBe(true)
    // Questions about the task, and their answers, are of other traces.
    const said = all.filter(({ type }) => !type.startsWith('audit.'))
    expect(new Set(said.map((record) => record.traceId))).toEqual(new Set([traceId]))
    const counted = await guildhall.client.request(AuditCount, {}, AuditCounted)
    expect(counted.value.records).toBe(counted.value.allowed + counted.value.denied)
  })

  it('lets a client see its task and tells it plainly when there is none', async () => {
    const missing = guildhall.client.request(
      TaskGet,
      { taskId: '00000000-0000-7000-8000-000000000000' },
      TaskFound,
    )
    await expect(missing).rejects.toBeInstanceOf(RequestRefusedError)
    await expect(missing).rejects.toMatchObject({ code: 'task-not-found', retryable: false })
  })

  it('keeps the client’s credential to its owner', () => {
    for (const file of ['client.json', 'secrets/client.token', 'secrets/admin.redis']) {
      expect(statSync(join(guildhall.stateDir, file)).mode & 0o077).toBe(0)
    }
  })
})

function sleepers(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`sleep\0${napSeconds}`)
      } catch {
        return false
      }
    })
}

describe('canceling a task', () => {
  it('leaves no process of its tree alive, and says so only then', async () => {
    const { task } = await guildhall.run({ goal: 'Take a very long nap' }, async (event) => {
      if (event.type !== 'run.progressed' || event.value.step.state !== 'started') return
      await until(() => sleepers().length >= 2, 'both processes sleep')
      await guildhall.client.request(
        TaskCancel,
        { taskId: event.value.taskId, reason: 'slept enough' },
        TaskCancelRequested,
      )
    })
    expect(sleepers()).toEqual([])
    expect(task).toMatchObject({ state: 'canceled', error: { message: 'slept enough' } })
  })
})
