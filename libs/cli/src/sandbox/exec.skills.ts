import { mkdtemp, realpath, rm, chmod } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SandboxMount, writeFilesBelow } from '@guildhall/sandbox'
import type { CommandSession } from '../command.session.js'

interface ShownSkills {
  mounts: SandboxMount[]
  remove: () => Promise<void>
}

/** The files of an agent's skills, where its functions see them. Asks the running services for them. */
export async function showSkills(session: CommandSession, agentName: string): Promise<ShownSkills> {
  const { AgentFound, AgentGet, decodeSkillFile, SkillExport, SkillExported } = await import('@guildhall/contracts')
  const { agent } = await session.ask(AgentGet, { agent: agentName }, AgentFound)
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
