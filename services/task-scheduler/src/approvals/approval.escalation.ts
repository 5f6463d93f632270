import type { Transaction } from '@guildhall/mysql'
import { announceQuestion } from './approval.announcing.js'
import { Approval } from './approval.entity.js'
import { votesOn } from './vote.repository.js'

/** Further people are asked once, while nobody has decided and there is time left. */
export function isEscalationDue({ state, escalatesAt, escalatedAt, deadline }: Approval, now: Date): boolean {
  return (
    state === 'pending' &&
    escalatedAt === null &&
    escalatesAt !== null &&
    escalatesAt <= now &&
    now < deadline
  )
}

/** Lets further people answer a locked approval, and asks again. */
export async function escalate(tx: Transaction, approval: Approval, now: Date): Promise<void> {
  const { approvers, escalation } = approval
  const further = escalation ?? { roles: [], clients: [] }
  const widened = {
    ...approvers,
    roles: [...new Set([...approvers.roles, ...further.roles])],
    clients: [...new Set([...approvers.clients, ...further.clients])],
  }
  const change = { approvers: widened, escalatedAt: now }
  await tx.manager.update(Approval, { id: approval.id }, change)
  announceQuestion(tx, Object.assign(approval, change), await votesOn(tx.manager, approval.id))
}
