import {
  type AgentCandidate,
  type AgentRef,
  type AgentSnapshot,
  jsonBytes,
  snapshotLimitBytes,
} from '@guildhall/contracts'

import type { DrawnProposal } from '../proposals/proposal.desk.js'

/** What becomes of a task: its agent, those whom a person may choose from, an agent that could be hired, or nobody and why. */
export type Decision =
  | { outcome: 'matched'; agent: AgentSnapshot }
  | { outcome: 'uncertain'; candidates: AgentCandidate[]; proposable: boolean }
  | { outcome: 'proposed'; drawn: DrawnProposal }
  | { outcome: 'unmatched'; reasons: string[] }

/** Why an agent cannot be sent with a task, in words; undefined when it can. */
export function reasonNotToSend(agent: AgentSnapshot): string | undefined {
  const bytes = jsonBytes(agent)
  if (bytes <= snapshotLimitBytes) return undefined
  return (
    `The skills ${agent.skills.map((skill) => skill.name).join(', ')} have ${bytes} bytes together; ` +
    `${snapshotLimitBytes} fit into one task. Hand it in as several.`
  )
}

/** Stands for the reference that a hired agent will get; of the same size. */
export const futureRef: AgentRef = {
  id: '00000000-0000-0000-0000-000000000000',
  name: 'x'.repeat(64),
  version: 1,
  ephemeral: false,
}
