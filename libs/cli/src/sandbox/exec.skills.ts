import { mkdtemp, realpath, rm, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SandboxMount, writeFilesBelow } from '@guildhall/sandbox'
import { FailedError } from '../exit.codes.js'
import type { CommandSession } from '../command.session.js'

export interface ShownSkills {
  mounts: SandboxMount[]
  remove: () => Promise<void>
}

/**
 * The files of an agent's skills, where its functions see them. Asks the running services for them.
 *
 * @throws FailedError for a mount that the agent's rights do not cover
 */
export async function showSkills(
  session: CommandSession,
  agentName: string,
  asked: readonly SandboxMount[],
): Promise<ShownSkills> {
  const { AgentFound, AgentGet, allowsMount, decodeSkillFile, rightsOfAgent, SkillExport, SkillExported } =
    await import('@guildhall/contracts')
  const { agent } = await session.ask(AgentGet, { agent: agentName }, AgentFound)
  const rights = rightsOfAgent(agent.config)
  const beyond = asked.find((mount) => !allowsMount(rights, mount))
  if (beyond !== undefined)
    throw new FailedError(
      'mount-not-allowed',
      `${agent.name} may not have ${beyond.source} (${beyond.mode}).`,
    )
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'guildhall-skills-')))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await chmod(folder, 0o711)
    const mounts: SandboxMount[] = []
    for (const name of agent.config.skills) {
      const skill = await session.ask(SkillExport, { name }, SkillExported)
      const source = join(folder, skill.name)
      const files = Object.entries(skill.files).map(([path, file]) => [path, decodeSkillFile(file)] as const)
      await writeFilesBelow(source, files)
      mounts.push({ source, target: `/skills/${skill.name}`, mode: 'ro' })
    }
    if (!agent.config.functions.includes('bash'))
      session.output.note(`guildhall: ${agent.name} may not call bash; as itself it could not run this.`)
    return { mounts, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
