import {
  type AgentCandidate,
  AgentChoose,
  AgentPropose,
  approvalDigest,
  ApprovalRequested,
  canonicalDigest,
  newId,
  ProposalClose,
  TaskRejected,
  TaskRun,
  TaskTransitioned,
} from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  agentConfig,
  agentSnapshot,
  heard,
  matchSummary,
  SchedulerFixture,
  taskIn,
} from '../scheduler.fixture.js'
import { ApprovalScene } from './approval.scene.fixture.js'

let fixture: SchedulerFixture
let scene: ApprovalScene

beforeAll(async () => {
  fixture = await SchedulerFixture.start()
})
afterAll(() => fixture?.stop())
beforeEach(() => {
  scene = new ApprovalScene(fixture)
})

const candidates: AgentCandidate[] = ['librarian', 'archivist'].map((name, index) => ({
  agent: { id: newId(), name, version: index + 3, ephemeral: false },
  matchScore: 0.6 - index / 10,
  skills: ['files'],
}))

async function choosing(proposable = true) {
  const { taskId } = await taskIn('matching', fixture, scene.scheduler, scene.anna)
  const match = matchSummary({ matchScore: 0.6 })
  await scene.scheduler.matches.uncertain({ taskId, match, candidates, proposable }, heard())
  const [requested] = fixture.take(ApprovalRequested)
  if (!requested) throw new Error('nobody was asked')
  return { taskId, matchId: match.matchId, approval: requested.approval }
}

describe('a task that no agent is sure to fit', () => {
  it('waits for a person, who sees the candidates and what may be answered', async () => {
    const { taskId, approval } = await choosing()
    const subject = { goal: 'List the files', candidates }
    expect(approval).toMatchObject({
      kind: 'agent-choice',
      question: 'No agent is sure to fit. Which shall do it: librarian (0.60), archivist (0.50)?',
      subject,
      digest: approvalDigest({ kind: 'agent-choice', subject }),
    })
    expect(approval.options.map(({ answer }) => answer)).toEqual(['refuse', 'agent:1', 'agent:2', 'propose'])
    expect((await fixture.task(taskId)).state).toBe('awaiting-approval')
    expect((await choosing(false)).approval.options.map(({ answer }) => answer)).not.toContain('propose')
  })

  it('goes to the agent that was chosen, in the version that was shown', async () => {
    const { taskId, matchId, approval } = await choosing()
    fixture.hush()
    await scene.decide(approval.id, 'agent:2', scene.ben)
    const { id: agentId } = candidates[1]!.agent
    expect(fixture.take(AgentChoose)).toEqual([{ taskId, matchId, agentId, version: 4 }])
    expect(fixture.take(TaskTransitioned)).toMatchObject([{ from: 'awaiting-approval', to: 'matching' }])
    await expect(scene.decide(approval.id, 'agent:1', scene.carl)).rejects.toMatchObject({
      code: 'approval-stale',
    })
    await scene.scheduler.matches.matched({ taskId, match: matchSummary(), agent: agentSnapshot() }, heard())
    expect(fixture.take(TaskRun)).toMatchObject([{ taskId, attempt: 1 }])
  })

  it('is rejected when the agent has gone meanwhile, or when a person wants none of them', async () => {
    const gone = await choosing()
    await scene.decide(gone.approval.id, 'agent:1', scene.ben)
    await scene.scheduler.matches.refused(
      { taskId: gone.taskId, code: 'agent-gone', message: 'retired' },
      heard(),
    )
    const errors = () => fixture.take(TaskRejected).map(({ task }) => task.error)
    expect(errors()).toEqual([{ code: 'agent-gone', message: 'retired' }])
    const unwanted = await choosing()
    await scene.decide(unwanted.approval.id, 'refuse', scene.ben)
    expect(errors()).toEqual([{ code: 'approval-refused', message: 'ben refused the agents that may fit' }])
  })

  it('may be given to a new agent instead, which is asked about in turn', async () => {
    const { taskId, matchId, approval } = await choosing()
    await scene.decide(approval.id, 'propose', scene.ben)
    expect(fixture.take(AgentPropose)).toEqual([{ taskId, matchId }])
    const config = agentConfig()
    const proposal = {
      taskId,
      proposalId: newId(),
      config,
      skills: [],
      drafts: [],
      files: [],
      digest: canonicalDigest(config),
      match: matchSummary(),
    }
    await scene.scheduler.matches.proposed(proposal, heard())
    const [requested] = fixture.take(ApprovalRequested)
    expect(requested?.approval.kind).toBe('new-agent')
    await scene.decide(requested?.approval.id ?? '', 'refuse', scene.ben)
    expect(fixture.take(ProposalClose)).toEqual([
      { taskId, proposalId: proposal.proposalId, ending: 'refused' },
    ])
    expect((await fixture.task(taskId)).state).toBe('rejected')
  })

  it('is given to a candidate without asking only by a rule that says which', async () => {
    const rule = { kinds: ['agent-choice' as const], count: 5, until: '2100-01-01T00:00:00Z' }
    await scene.setPolicy({ allow: [{ name: 'once-is-no-choice', ...rule }] })
    const { taskId: asked } = await choosing()
    expect((await fixture.task(asked)).state).toBe('awaiting-approval')
    await scene.setPolicy({ allow: [{ name: 'best', ...rule, answer: 'agent:1' }] }, 1)
    const { taskId } = await taskIn('matching', fixture, scene.scheduler, scene.anna)
    const match = matchSummary()
    await scene.scheduler.matches.uncertain({ taskId, match, candidates, proposable: true }, heard())
    expect(fixture.take(ApprovalRequested)).toEqual([])
    expect(fixture.take(AgentChoose)).toMatchObject([{ taskId, agentId: candidates[0]!.agent.id }])
  })
})
