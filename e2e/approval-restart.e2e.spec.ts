import {
  ApprovalDecide,
  ApprovalDecided,
  ApprovalList,
  ApprovalListed,
  ApprovalPolicySet,
  ApprovalPolicyStored,
  serviceNames,
} from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningStack, until } from './running.stack.js'

let guildhall: RunningStack

beforeAll(async () => {
  guildhall = await RunningStack.start()
  await guildhall.teach({
    skill: 'weather-report',
    description: 'Writes a weather report for a town.',
    examples: ['Write a weather report for the town'],
    steps: [{ id: 'report', call: 'bash', arguments: { command: 'echo sunny' } }],
  })
})
afterAll(() => guildhall.stop())

const pending = async () =>
  (await guildhall.client.request(ApprovalList, { state: 'pending' }, ApprovalListed)).value.approvals

describe('an approval', () => {
  it('is answered after every service was killed and restarted, and resumes its task once', async () => {
    const fromId = await guildhall.client.position()
    const { taskId } = await guildhall.client.submit({ goal: 'Write a weather report for the town' })
    await until(async () => (await pending()).length === 1, 'the approval is asked')
    for (const service of serviceNames) await guildhall.stack.kill(service, 'SIGKILL')
    await until(
      async () => (await pending().catch(() => [])).length === 1,
      'the approval is still there after the restart',
      30_000,
    )
    const [approval] = await pending()
    await guildhall.client.request(
      ApprovalDecide,
      { approvalId: approval?.id ?? '', answer: 'once' },
      ApprovalDecided,
    )
    const { task, events } = await guildhall.follow(taskId, fromId)
    expect(task).toMatchObject({ state: 'completed', result: 'sunny', attempt: 1 })
    expect(events.filter((event) => event.type === 'approval.requested')).toHaveLength(1)
  })

  it('that nobody answers is refused at its deadline, once, though the scheduler was killed on the way', async () => {
    const policy = { expectedVersion: 0, rules: { deadlineMs: 6_000 } }
    await guildhall.client.request(ApprovalPolicySet, policy, ApprovalPolicyStored)
    const { task, events } = await guildhall.run(
      { goal: 'Write a weather report for the town' },
      async (event) => {
        if (event.type === 'approval.requested') await guildhall.stack.kill('task-scheduler', 'SIGKILL')
      },
    )
    const types = events.map(({ type }) => type)
    expect(types.filter((type) => type === 'approval.requested')).toHaveLength(1)
    expect(types.filter((type) => type === 'approval.decided')).toHaveLength(1)
    expect(task).toMatchObject({ state: 'rejected', error: { code: 'approval-expired' } })
  })
})
