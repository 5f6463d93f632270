import { createEnvelope, newId } from '@guildhall/contracts'
import type { AdmissionRequest, AdmissionVerdict, FinishedTask } from '@guildhall/redis-streams'
import { describe, expect, it } from 'vitest'
import { Policy } from '../policy/policy.rules.js'
import { admit, type Candidate } from './message.admission.js'

const anna = { id: 'anna', tenant: 'acme', roles: [] }
const policy = new Policy({
  version: 1,
  rules: { perClient: { ratePerSecond: 3, burst: 4, waitingTasks: 5 } },
})
const subject = newId()

function candidate(
  type: string,
  of: 'client' | 'service',
  more: Partial<Candidate['judged']> = {},
): Candidate {
  const source = of === 'client' ? '/clients/anna' : '/services/task-scheduler'
  const { header, data } = createEnvelope(type, {}, source, { tenant: 'acme', subject, replyto: 'anna' })
  const sender = of === 'client' ? { client: anna, replyStream: 'r' } : { service: 'task-scheduler' }
  return { judged: { header, data, ...sender, ...more }, entryKey: `main 1-${header.id}`, isBusy: false }
}

/** Answers in turn, and remembers what it was asked. */
function limits(...verdicts: AdmissionVerdict['verdict'][]) {
  const asked: { requests: readonly AdmissionRequest[]; finished: readonly FinishedTask[] }[] = []
  const judge = (requests: readonly AdmissionRequest[], finished: readonly FinishedTask[] = []) => {
    asked.push({ requests, finished })
    return Promise.resolve(verdicts.map((verdict) => ({ verdict, retryAfterMs: 250 })))
  }
  return { judge, asked }
}

describe('a batch', () => {
  it('is held against the limits in one call, and each message that exceeds them is refused in words', async () => {
    const verdicts = ['ok', 'replayed', 'rate-limited', 'too-much-waiting', 'busy'] as const
    const gate = limits(...verdicts)
    const batch = verdicts.map(() => candidate('task.submit', 'client'))
    const judged = await admit(batch, gate, policy)
    expect(judged.map(({ denial }) => denial?.code ?? 'ok')).toEqual(verdicts)
    expect(judged[2]?.denial?.reason).toBe('too many messages: try again in 250 ms')
    expect(gate.asked).toHaveLength(1)
    expect(gate.asked[0]?.requests[0]).toMatchObject({
      client: 'anna',
      tenant: 'acme',
      taskId: subject,
      limits: { client: { perSecond: 3, burst: 4, waitingTasks: 5 } },
    })
  })

  it('tells of tasks that are over, and asks about no message that is refused or of a service', async () => {
    const gate = limits('ok')
    const refused = candidate('task.list', 'client', { denial: { code: 'invalid', reason: 'x' } })
    const batch = [refused, candidate('task.completed', 'service'), candidate('task.get', 'client')]
    expect(await admit(batch, gate, policy)).toEqual(batch.map(({ judged }) => judged))
    expect(gate.asked[0]?.finished).toEqual([{ taskId: subject, tenant: 'acme', client: 'anna' }])
    expect(gate.asked[0]?.requests.map(({ taskId }) => taskId)).toEqual([undefined])
  })

  it('without either costs no call', async () => {
    const gate = limits()
    await admit([candidate('task.run', 'service')], gate, policy)
    expect(gate.asked).toEqual([])
  })
})
