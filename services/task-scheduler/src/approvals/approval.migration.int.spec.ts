import { AgentRegister, newId } from '@guildhall/contracts'
import { TestDatabase } from '@guildhall/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { agentConfig, asked, clientOf, matchSummary, SchedulerFixture } from '../scheduler.fixture.js'

let server: TestDatabase
let fixture: SchedulerFixture

const [taskId, approvalId, proposalId] = [newId(), newId(), newId()]
const digest = 'a'.repeat(64)

beforeAll(async () => {
  server = await TestDatabase.start('task-scheduler', 'Tasks1763800000002')
  await server.query(`INSERT INTO tasks (id, tenant, client_id, goal, inputs, files, mounts, state, attempt, max_attempts,
      timeout_ms, approval_id, artifacts, created_at, updated_at)
    VALUES ('${taskId}', 'acme', 'anna', 'x', '{}', '[]', '[]', 'awaiting-approval', 0, 3, 1000, '${approvalId}', '[]',
      UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`)
  await server.query(`INSERT INTO approvals (id, task_id, tenant, kind, proposal_id, question, proposal, match_summary,
      digest, state, default_answer, deadline, created_at)
    VALUES ('${approvalId}', '${taskId}', 'acme', 'new-agent', '${proposalId}', 'Hire it?',
      '${JSON.stringify(agentConfig())}', '${JSON.stringify(matchSummary())}', '${digest}', 'pending', 'refuse',
      UTC_TIMESTAMP(3) + INTERVAL 1 HOUR, UTC_TIMESTAMP(3))`)
  await server.migrate()
  fixture = await SchedulerFixture.on(server)
})
afterAll(async () => (fixture ? fixture.stop() : server?.stop()))

it('a question of the release before is shown and answered, also by whoever asked, and its task goes on', async () => {
  const { approvals } = fixture.controllers({ requesterMayAnswer: false })
  const anna = clientOf('acme')
  const { approval } = await approvals.get({ approvalId }, asked(anna))
  expect(approval).toMatchObject({
    state: 'pending',
    subject: { config: agentConfig() },
    files: [],
    digest,
    requestedBy: 'anna',
    askedBy: 'skill-registry',
  })
  expect(approval.options.map(({ answer }) => answer)).toEqual(['refuse', 'once', 'permanent'])
  await approvals.decide({ approvalId, answer: 'permanent', digest }, asked(anna))
  expect(fixture.take(AgentRegister)).toEqual([{ taskId, proposalId, digest, permanent: true }])
})
