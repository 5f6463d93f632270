import { basename } from 'node:path'
import { RequestRefusedError } from '@guildhall/client'
import {
  AgentCreate,
  AgentCreated,
  AgentFound,
  AgentGet,
  AgentList,
  AgentListed,
  type AgentView,
} from '@guildhall/contracts'
import type { CommandSession } from '../command.session.js'
import { FailedError } from '../exit.codes.js'
import { type ImportedSkill, importSkills } from '../skills/skill.import.js'

/** The permanent agent of the demo: it knows its way around folders. */
export const surveyor: AgentCreate = {
  name: 'surveyor',
  description: 'Surveys folders: licences and sizes of packages, what takes the space, checksums.',
  skills: ['package-licences', 'disk-usage', 'checksum-manifest'],
}

/** The agent of the demo that lets a model choose its function calls. */
export const codeReader: AgentCreate = {
  name: 'code-reader',
  description: 'Reads source trees and answers questions about them.',
  skills: ['source-statistics'],
  runtime: 'llm',
}

/** @throws FailedError when a skill of the checkout is refused */
export async function importDemoSkills(session: CommandSession): Promise<ImportedSkill[]> {
  const imported = await importSkills(session, [session.config.skillsDir])
  const refused = imported.find((one) => one.refused)
  if (refused)
    throw new FailedError(
      'skill-refused',
      `The skill ${basename(refused.folder)} was refused: ${refused.refused?.message}`,
    )
  return imported
}

/** The agent as it is when it is as wanted, else a new version of it. */
export async function ensureAgent(session: CommandSession, wanted: AgentCreate): Promise<AgentView> {
  const present = await session.ask(AgentGet, { agent: wanted.name }, AgentFound).catch((error: unknown) => {
    if (error instanceof RequestRefusedError) return undefined
    throw error
  })
  if (present && isAsWanted(present.agent, wanted)) return present.agent
  return (await session.ask(AgentCreate, wanted, AgentCreated)).agent
}

function isAsWanted(agent: AgentView, wanted: AgentCreate): boolean {
  const { config } = agent
  return (
    agent.state === 'active' &&
    config.description === wanted.description &&
    config.runtime === (wanted.runtime ?? 'script') &&
    config.skills.toSorted().join() === wanted.skills.toSorted().join()
  )
}

/** Whether an agent still takes tasks; waits up to 10 s for one that should be gone. */
export async function agentRemains(
  session: CommandSession,
  agentId: string,
  shouldBeGone: boolean,
): Promise<boolean> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const { agents } = await session.ask(AgentList, {}, AgentListed)
    const remains = agents.some(({ id, state }) => id === agentId && state === 'active')
    if (!remains || !shouldBeGone || Date.now() > deadline) return remains
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
