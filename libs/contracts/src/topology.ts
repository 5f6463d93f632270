import * as agent from './agent.messages.js'
import * as approval from './approval.messages.js'
import * as ask from './approval-ask.messages.js'
import * as approvalPolicy from './approval-policy.messages.js'
import * as audit from './audit.messages.js'
import * as client from './client.messages.js'
import * as deadLetter from './dead-letter.messages.js'
import * as delegation from './delegation.messages.js'
import * as egress from './egress.messages.js'
import * as functions from './function.messages.js'
import { hardLimitBytes, message } from './message.definition.js'
import * as match from './match.messages.js'
import * as policy from './policy.messages.js'
import * as proposal from './proposal.messages.js'
import { RequestRefused } from './request.messages.js'
import * as run from './run.messages.js'
import { type Role, type ServiceName, serviceNames } from './service.names.js'
import * as skill from './skill.messages.js'
import * as state from './state.messages.js'
import * as task from './task.messages.js'
import { Topology } from './topology.definition.js'

const large = 200 * 1024
// A run carries what was submitted and the agent's snapshot, with the files of its skills. Only services hear it, so that
// it lies apart when it is large.
const snapshot = 1024 * 1024
// People are told it with all that was said to it, which takes room too.
const question = 100 * 1024
const submission = 60 * 1024

/** A question of a client, answered by one service on the client's reply stream. */
function request(role: Role, to: ServiceName, reply: string) {
  return { from: ['client'] as const, to: [to] as const, role, reply }
}
/** What a service tells the client: an answer, or news of a task. */
function tell(from: ServiceName) {
  return { from: [from] as const, to: ['client'] as const, maxBytes: hardLimitBytes }
}
function between(from: ServiceName, to: ServiceName) {
  return { from: [from] as const, to: [to] as const, maxBytes: large }
}
/** Said between services and carrying an agent with its skills. */
function handingOver(from: ServiceName, to: ServiceName) {
  return { ...between(from, to), maxBytes: snapshot }
}

/**
 * The whole system in one table: each message, who may say it, who hears it, what it carries. The router refuses
 * everything else, and a service whose handlers disagree with it does not start.
 */
export const topology = new Topology(serviceNames, [
  message('task.submit', task.TaskSubmit, {
    ...request('submitter', 'task-scheduler', 'task.accepted'),
    maxBytes: submission,
  }),
  message('task.accepted', task.TaskAccepted, tell('task-scheduler')),
  message('task.cancel', task.TaskCancel, request('submitter', 'task-scheduler', 'task.cancel-requested')),
  message('task.cancel-requested', task.TaskCancelRequested, tell('task-scheduler')),
  message('task.get', task.TaskGet, request('submitter', 'task-scheduler', 'task.found')),
  message('task.found', task.TaskFound, tell('task-scheduler')),
  message('task.list', task.TaskList, request('submitter', 'task-scheduler', 'task.listed')),
  message('task.listed', task.TaskListed, tell('task-scheduler')),
  message('task.delegate', delegation.TaskDelegate, {
    from: ['executor'],
    to: ['task-scheduler'],
    reply: 'task.delegated',
    maxBytes: submission,
  }),
  message('task.delegated', delegation.TaskDelegated, tell('task-scheduler')),
  message('delegation.ended', delegation.DelegationEnded, between('task-scheduler', 'executor')),

  message('skills.match', match.SkillsMatch, between('task-scheduler', 'skill-registry')),
  message('skills.matched', match.SkillsMatched, handingOver('skill-registry', 'task-scheduler')),
  message('skills.unmatched', match.SkillsUnmatched, between('skill-registry', 'task-scheduler')),
  message('match.uncertain', match.MatchUncertain, between('skill-registry', 'task-scheduler')),
  message('agent.choose', match.AgentChoose, between('task-scheduler', 'skill-registry')),
  message('agent.propose', match.AgentPropose, between('task-scheduler', 'skill-registry')),
  message('agent.proposed', proposal.AgentProposed, between('skill-registry', 'task-scheduler')),
  message('proposal.close', proposal.ProposalClose, between('task-scheduler', 'skill-registry')),

  message('approval.requested', approval.ApprovalRequested, tell('task-scheduler')),
  message(
    'approval.decide',
    approval.ApprovalDecide,
    request('approver', 'task-scheduler', 'approval.decided'),
  ),
  message('approval.decided', approval.ApprovalDecided, tell('task-scheduler')),
  message('approval.list', approval.ApprovalList, request('approver', 'task-scheduler', 'approval.listed')),
  message('approval.listed', approval.ApprovalListed, tell('task-scheduler')),
  message('approval.get', approval.ApprovalGet, request('approver', 'task-scheduler', 'approval.found')),
  message('approval.found', approval.ApprovalFound, tell('task-scheduler')),
  message(
    'approval.revoke',
    approval.ApprovalRevoke,
    request('approver', 'task-scheduler', 'approval.revoked'),
  ),
  message('approval.revoked', approval.ApprovalRevoked, tell('task-scheduler')),
  message('approval.ask', ask.ApprovalAsk, {
    from: ['skill-registry', 'executor'],
    to: ['task-scheduler'],
    maxBytes: question,
  }),
  message('approval.answered', ask.ApprovalAnswered, {
    from: ['task-scheduler'],
    to: ['skill-registry', 'executor'],
  }),
  message('approval.used', ask.ApprovalUsed, {
    from: ['skill-registry', 'executor'],
    to: ['task-scheduler'],
  }),
  message(
    'approval-policy.get',
    approvalPolicy.ApprovalPolicyGet,
    request('administrator', 'task-scheduler', 'approval-policy.found'),
  ),
  message('approval-policy.found', approvalPolicy.ApprovalPolicyFound, tell('task-scheduler')),
  message(
    'approval-policy.set',
    approvalPolicy.ApprovalPolicySet,
    request('administrator', 'task-scheduler', 'approval-policy.stored'),
  ),
  message('approval-policy.stored', approvalPolicy.ApprovalPolicyStored, tell('task-scheduler')),

  message('agent.register', proposal.AgentRegister, between('task-scheduler', 'skill-registry')),
  message('agent.registered', proposal.AgentRegistered, handingOver('skill-registry', 'task-scheduler')),
  message('agent.refused', proposal.AgentRefused, between('skill-registry', 'task-scheduler')),
  message('agent.dispose', agent.AgentDispose, between('task-scheduler', 'skill-registry')),

  message('task.run', run.TaskRun, handingOver('task-scheduler', 'executor')),
  message('run.cancel', run.RunCancel, between('task-scheduler', 'executor')),
  message('run.started', run.RunStarted, between('executor', 'task-scheduler')),
  message('run.progressed', run.RunProgressed, tell('executor')),
  message('egress.attempted', egress.EgressAttempted, tell('executor')),
  message('run.succeeded', run.RunSucceeded, between('executor', 'task-scheduler')),
  message('run.failed', run.RunFailed, between('executor', 'task-scheduler')),
  message('run.canceled', run.RunCanceled, between('executor', 'task-scheduler')),

  message('task.transitioned', task.TaskTransitioned, tell('task-scheduler')),
  message('task.completed', task.TaskCompleted, tell('task-scheduler')),
  message('task.failed', task.TaskFailed, tell('task-scheduler')),
  message('task.canceled', task.TaskCanceled, tell('task-scheduler')),
  message('task.rejected', task.TaskRejected, tell('task-scheduler')),

  message('skill.register', skill.SkillRegister, {
    ...request('operator', 'skill-registry', 'skill.registered'),
    maxBytes: hardLimitBytes,
  }),
  message('skill.registered', skill.SkillRegistered, tell('skill-registry')),
  message('skill.list', skill.SkillList, request('submitter', 'skill-registry', 'skill.listed')),
  message('skill.listed', skill.SkillListed, tell('skill-registry')),
  message('skill.get', skill.SkillGet, request('submitter', 'skill-registry', 'skill.found')),
  message('skill.found', skill.SkillFound, tell('skill-registry')),
  message(
    'skill.list-versions',
    skill.SkillListVersions,
    request('submitter', 'skill-registry', 'skill.versions-listed'),
  ),
  message('skill.versions-listed', skill.SkillVersionsListed, tell('skill-registry')),
  message('skill.export', skill.SkillExport, request('submitter', 'skill-registry', 'skill.exported')),
  message('skill.exported', skill.SkillExported, tell('skill-registry')),
  message('skill.pin', skill.SkillPin, request('operator', 'skill-registry', 'skill.pinned')),
  message('skill.pinned', skill.SkillPinned, tell('skill-registry')),
  message('skill.unpin', skill.SkillUnpin, request('operator', 'skill-registry', 'skill.unpinned')),
  message('skill.unpinned', skill.SkillUnpinned, tell('skill-registry')),
  message('skill.roll-back', skill.SkillRollBack, request('operator', 'skill-registry', 'skill.rolled-back')),
  message('skill.rolled-back', skill.SkillRolledBack, tell('skill-registry')),
  message('skill.retire', skill.SkillRetire, request('operator', 'skill-registry', 'skill.retired')),
  message('skill.retired', skill.SkillRetired, tell('skill-registry')),
  message('agent.create', agent.AgentCreate, request('operator', 'skill-registry', 'agent.created')),
  message('agent.created', agent.AgentCreated, tell('skill-registry')),
  message('agent.list', agent.AgentList, request('submitter', 'skill-registry', 'agent.listed')),
  message('agent.listed', agent.AgentListed, tell('skill-registry')),
  message('agent.get', agent.AgentGet, request('submitter', 'skill-registry', 'agent.found')),
  message('agent.found', agent.AgentFound, tell('skill-registry')),
  message('agent.retire', agent.AgentRetire, request('operator', 'skill-registry', 'agent.retired')),
  message('agent.retired', agent.AgentRetired, tell('skill-registry')),
  message('agent.destroy', agent.AgentDestroy, request('operator', 'skill-registry', 'agent.destroyed')),
  message('agent.destroyed', agent.AgentDestroyed, tell('skill-registry')),
  message(
    'agent.list-versions',
    agent.AgentListVersions,
    request('submitter', 'skill-registry', 'agent.versions-listed'),
  ),
  message('agent.versions-listed', agent.AgentVersionsListed, tell('skill-registry')),
  message('agent.roll-back', agent.AgentRollBack, request('operator', 'skill-registry', 'agent.rolled-back')),
  message('agent.rolled-back', agent.AgentRolledBack, tell('skill-registry')),
  message('agent.keep', agent.AgentKeep, request('operator', 'skill-registry', 'agent.keep-requested')),
  message('agent.keep-requested', agent.AgentKeepRequested, tell('skill-registry')),
  message('match.explain', match.MatchExplain, request('submitter', 'skill-registry', 'match.explained')),
  message('match.explained', match.MatchExplained, tell('skill-registry')),

  message('function.list', functions.FunctionList, request('submitter', 'executor', 'function.listed')),
  message('function.listed', functions.FunctionListed, tell('executor')),
  message('function.register', functions.FunctionRegister, {
    ...request('operator', 'executor', 'function.registered'),
    maxBytes: hardLimitBytes,
  }),
  message('function.registered', functions.FunctionRegistered, tell('executor')),
  message('function.remove', functions.FunctionRemove, request('operator', 'executor', 'function.removed')),
  message('function.removed', functions.FunctionRemoved, tell('executor')),
  message('function.call', functions.FunctionCall, request('operator', 'executor', 'function.called')),
  message('function.called', functions.FunctionCalled, tell('executor')),
  message('state.get', state.StateGet, request('operator', 'executor', 'state.found')),
  message('state.found', state.StateFound, tell('executor')),
  message('state.set', state.StateSet, request('operator', 'executor', 'state.stored')),
  message('state.stored', state.StateStored, tell('executor')),
  message('state.delete', state.StateDelete, request('operator', 'executor', 'state.deleted')),
  message('state.deleted', state.StateDeleted, tell('executor')),

  message('audit.list', audit.AuditList, request('operator', 'audit', 'audit.listed')),
  message('audit.listed', audit.AuditListed, tell('audit')),
  message('audit.count', audit.AuditCount, request('operator', 'audit', 'audit.counted')),
  message('audit.counted', audit.AuditCounted, tell('audit')),

  message('client.list', client.ClientList, request('administrator', 'router', 'client.listed')),
  message('client.listed', client.ClientListed, tell('router')),
  message('client.register', client.ClientRegister, request('administrator', 'router', 'client.registered')),
  message('client.registered', client.ClientRegistered, tell('router')),
  message('client.change', client.ClientChange, request('administrator', 'router', 'client.changed')),
  message('client.changed', client.ClientChanged, tell('router')),
  message('client.revoke', client.ClientRevoke, request('administrator', 'router', 'client.revoked')),
  message('client.revoked', client.ClientRevoked, tell('router')),
  message('token.issue', client.TokenIssue, request('administrator', 'router', 'token.issued')),
  message('token.issued', client.TokenIssued, tell('router')),
  message('token.revoke', client.TokenRevoke, request('administrator', 'router', 'token.revoked')),
  message('token.revoked', client.TokenRevoked, tell('router')),
  message('policy.get', policy.PolicyGet, request('administrator', 'router', 'policy.found')),
  message('policy.found', policy.PolicyFound, tell('router')),
  message('policy.set', policy.PolicySet, request('administrator', 'router', 'policy.stored')),
  message('policy.stored', policy.PolicyStored, tell('router')),
  message(
    'dead-letter.list',
    deadLetter.DeadLetterList,
    request('administrator', 'router', 'dead-letter.listed'),
  ),
  message('dead-letter.listed', deadLetter.DeadLetterListed, tell('router')),
  message(
    'dead-letter.show',
    deadLetter.DeadLetterShow,
    request('administrator', 'router', 'dead-letter.shown'),
  ),
  message('dead-letter.shown', deadLetter.DeadLetterShown, tell('router')),
  message(
    'dead-letter.redrive',
    deadLetter.DeadLetterRedrive,
    request('administrator', 'router', 'dead-letter.redriven'),
  ),
  message('dead-letter.redriven', deadLetter.DeadLetterRedriven, tell('router')),
  message(
    'dead-letter.purge',
    deadLetter.DeadLetterPurge,
    request('administrator', 'router', 'dead-letter.purged'),
  ),
  message('dead-letter.purged', deadLetter.DeadLetterPurged, tell('router')),

  message('request.refused', RequestRefused, {
    from: ['router', 'skill-registry', 'task-scheduler', 'executor', 'audit'],
    to: ['client'],
  }),
])
