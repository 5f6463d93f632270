import {
  ApprovalAnswered,
  approvalDigest,
  ApprovalRequested,
  matchesApproval,
  newId,
  TaskRejected,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { asked, heard, heardFrom, SchedulerFixture } from '../scheduler.fixture.js'
import { ApprovalScene, call, script, whileWatched } from './approval.scene.fixture.js'

let fixture: SchedulerFixture
let scene: ApprovalScene

beforeAll(async () => {
  fixture = await SchedulerFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(() => {
  scene = new ApprovalScene(fixture)
})

describe('a question of a service', () => {
  it('is put to people, and its answer goes to who asked, with the digest of exactly what was shown', async () => {
    const { request, approval, id } = await scene.pendingCall({ risk: 'high' })
    const content = { kind: request.kind, subject: call, files: [script] }
    expect(approval).toMatchObject({
      ...content,
      risk: 'high',
      state: 'pending',
      digest: approvalDigest(content),
      requestedBy: 'anna',
      askedBy: 'executor',
    })
    await scene.decide(id, 'once', scene.ben)
    const [answered] = fixture.takeEnvelopes(ApprovalAnswered)
    expect(answered?.header).toMatchObject({ tenant: scene.anna.tenant, subject: request.taskId })
    expect(answered?.payload).toEqual({
      taskId: request.taskId,
      askId: request.askId,
      approvalId: id,
      kind: 'function-call',
      state: 'approved',
      answer: 'once',
      digest: approval.digest,
      permanent: false,
      decidedBy: 'ben',
    })
    const said = answered!.payload
    expect(matchesApproval(said, content)).toBe(true)
    // The task goes on by itself: it did not wait for the scene.scheduler.
    expect((await fixture.task(request.taskId)).state).toBe('running')
  })

  it.each([
    ['an argument', { subject: { ...call, arguments: { command: 'ls /', all: true } } }],
    ['true to 1', { subject: { ...call, arguments: { command: 'ls', all: 1 } } }],
    ['a mounted script', { files: [{ ...script, sha256: 'b'.repeat(64) }] }],
  ])(
    'that changes %s while it is pending needs a new answer; one to the old is refused',
    async (_, changed) => {
      const { request, approval, id } = await scene.pendingCall()
      const replaced = await scene.ask(scene.question({ ...request, ...changed }))
      expect(replaced?.digest).not.toBe(approval.digest)
      expect(fixture.take(ApprovalAnswered)).toMatchObject([{ approvalId: id, state: 'superseded' }])
      await expect(scene.decide(id, 'once', scene.ben)).rejects.toMatchObject({ code: 'approval-stale' })
      const old = { approvalId: replaced!.id, answer: 'once', digest: approval.digest }
      await expect(scene.scheduler.approvals.decide(old, asked(scene.ben))).rejects.toMatchObject({
        code: 'approval-changed',
      })
      await scene.decide(replaced!.id, 'once', scene.ben)
      const [answer] = fixture.take(ApprovalAnswered)
      const before = { kind: request.kind, subject: call, files: [script] }
      expect(matchesApproval(answer!, before)).toBe(false)
      expect(matchesApproval(answer!, { ...before, ...changed })).toBe(true)
    },
  )

  it('is one question however often it is asked, and tells its answer again', async () => {
    const { request, id } = await scene.pendingCall()
    expect(await scene.ask(request)).toBeUndefined()
    expect(fixture.take(ApprovalAnswered)).toEqual([])
    await scene.decide(id, 'refuse', scene.ben)
    const [first] = fixture.take(ApprovalAnswered)
    expect(await scene.ask(request)).toBeUndefined()
    expect(fixture.take(ApprovalAnswered)).toEqual([first])
    expect(first).toMatchObject({ approvalId: id, state: 'refused', permanent: false })
  })

  it('is one question when it is asked twice at once', async () => {
    const { taskId } = await scene.running()
    const request = scene.question({ taskId })
    await Promise.all([scene.ask(request), scene.ask(request)])
    expect(await fixture.query(`SELECT id FROM approvals WHERE ask_id = '${request.askId}'`)).toHaveLength(1)
  })

  it('is withdrawn when its run ends, and not put to anybody after the task', async () => {
    const { taskId, runId } = await scene.running()
    const approval = await scene.ask(scene.question({ taskId }))
    await scene.scheduler.runs.failed(
      { taskId, runId, code: 'lost', message: 'gone', retryable: true },
      heard(),
    )
    expect(await scene.stateOf(approval!.id)).toBe('withdrawn')
    expect(fixture.take(ApprovalAnswered)).toMatchObject([{ state: 'withdrawn', answer: 'refuse' }])
    const { runId: second } = await fixture.task(taskId)
    await scene.scheduler.runs.succeeded({ taskId, runId: second ?? '', result: '', artifacts: [] }, heard())
    expect(await scene.ask(scene.question({ taskId }))).toBeUndefined()
    expect(fixture.take(ApprovalAnswered)).toMatchObject([{ state: 'withdrawn' }])
    // An agent may be kept after its task.
    const keep = { kind: 'keep-agent' as const, subject: { agent: { name: 'librarian' } }, files: [] }
    expect(
      (await scene.ask(scene.question({ taskId, ...keep })))?.options.map(({ answer }) => answer),
    ).toEqual(['refuse', 'permanent'])
  })

  it('about a task of another tenant is never put to anybody', async () => {
    const { taskId } = await scene.running()
    const foreign = scene.scheduler.asks.ask(scene.question({ taskId }), heardFrom(`t-${newId()}`))
    await expect(foreign).rejects.toMatchObject({ code: 'unknown-task' })
    expect(fixture.take(ApprovalRequested)).toEqual([])
  })
})

describe('an approval of a step', () => {
  it('is taken back until it is used, and who asked hears it', async () => {
    const [early, late] = [await scene.pendingCall(), await scene.pendingCall()]
    for (const { id } of [early, late]) await scene.decide(id, 'once', scene.ben)
    fixture.hush()
    await scene.scheduler.approvals.revoke(
      { approvalId: early.id, comment: 'wrong folder' },
      asked(scene.carl),
    )
    expect(fixture.take(ApprovalAnswered)).toMatchObject([
      { approvalId: early.id, state: 'revoked', comment: 'wrong folder' },
    ])
    const { taskId, askId } = late.request
    await scene.scheduler.asks.used({ taskId, askId, approvalId: late.id }, heardFrom(scene.anna.tenant))
    const revoke = scene.scheduler.approvals.revoke({ approvalId: late.id }, asked(scene.ben))
    await expect(revoke).rejects.toMatchObject({ code: 'approval-used' })
    // Nor does it allow the step a second time.
    expect(await scene.ask(late.request)).toMatchObject({ state: 'pending', digest: late.approval.digest })
  })

  it('that was given for good allows the same call again until it is taken back', async () => {
    const { id, request } = await scene.pendingCall()
    await scene.decide(id, 'permanent', scene.ben)
    expect(fixture.take(ApprovalAnswered)).toMatchObject([{ state: 'approved', permanent: true }])
    const again = scene.question({ taskId: request.taskId })
    expect(await scene.ask(again)).toBeUndefined()
    expect(fixture.take(ApprovalAnswered)).toMatchObject([{ state: 'approved', permanent: false }])
    expect(
      await scene.ask(
        scene.question({ ...again, askId: newId(), subject: { ...call, function: 'fs.read' } }),
      ),
    ).toBeDefined()
    await scene.scheduler.approvals.revoke({ approvalId: id }, asked(scene.ben))
    expect(await scene.ask(scene.question({ taskId: request.taskId }))).toBeDefined()
  })

  it('that nobody gives is refused at its deadline, once, by a process that was not there when it was asked', async () => {
    const { id } = await scene.pendingCall({ deadlineMs: 60_000 })
    await fixture.query(`UPDATE approvals SET deadline = UTC_TIMESTAMP(3) WHERE id = '${id}'`)
    fixture.hush()
    await whileWatched([fixture.controllers(), fixture.controllers()], async () => {
      expect(await scene.stateOf(id)).toBe('expired')
    })
    expect(fixture.take(ApprovalAnswered)).toMatchObject([
      { state: 'expired', answer: 'refuse', permanent: false },
    ])
    expect(fixture.take(TaskRejected)).toEqual([])
  })
})
