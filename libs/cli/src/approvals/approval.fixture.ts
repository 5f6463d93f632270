import type { ApprovalView } from '@guildhall/contracts'

/** A question about a call that anna's task wants to make, which any approver may answer. */
export const pendingCall: ApprovalView = {
  id: '019a0000-0000-7000-8000-000000000001',
  taskId: '019a0000-0000-7000-8000-000000000002',
  kind: 'function-call',
  question: 'May librarian call bash?',
  risk: 'high',
  state: 'pending',
  digest: 'd'.repeat(64),
  subject: { function: 'bash', arguments: { command: 'rm -r /tmp/x\nsync', force: true, depth: 1 } },
  files: [{ path: 'files/scripts/clean.sh', sha256: 'e'.repeat(64) }],
  options: [
    { answer: 'refuse', label: 'Refuse' },
    { answer: 'once', label: 'Allow once' },
    { answer: 'permanent', label: 'Allow permanently' },
  ],
  defaultAnswer: 'refuse',
  requestedBy: 'anna',
  askedBy: 'executor',
  approvers: { roles: ['approver'], clients: [], quorum: 1, requesterMayAnswer: true },
  votes: [],
  deadline: '2026-01-01T00:10:00.000Z',
  createdAt: '2026-01-01T00:00:00.000Z',
}

/** A proposed agent. */
export const pendingHire: ApprovalView = {
  ...pendingCall,
  kind: 'new-agent',
  question: 'May a new agent find duplicate files?',
  askedBy: 'skill-registry',
  subject: {
    config: {
      name: 'duplicate-files-agent',
      description: 'Finds duplicates.',
      prompt: 'Be exact.',
      runtime: 'script',
      skills: ['duplicate-files'],
      functions: ['bash', 'fs.write'],
      configuration: {},
    },
  },
  files: [],
  match: {
    matchId: 'm',
    matchScore: 0.4999,
    threshold: 0.5,
    margin: 0,
    requiredSkills: ['duplicate-files'],
    missingSkills: [],
    reasons: [],
  },
}

/** Two candidates, or a new agent. */
export const pendingChoice: ApprovalView = {
  ...pendingHire,
  kind: 'agent-choice',
  question: 'Which agent shall do it?',
  subject: { candidates: [] },
  options: ['refuse', 'agent:1', 'agent:2', 'propose'].map((answer) => ({ answer, label: answer })),
}
