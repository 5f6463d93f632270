import { ApprovalPolicyRecord, AutoApprovalCount } from './approval-policy.entity.js'
import { ApprovalVoteRow } from './approval-vote.entity.js'
import { Approval } from './approval.entity.js'

/** The tables of approvals. */
export const approvalEntities = [Approval, ApprovalVoteRow, ApprovalPolicyRecord, AutoApprovalCount]
