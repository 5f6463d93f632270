import { lstat, readdir, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeSkillFile, type InputFile, type SkillSnapshot, type TaskRun } from '@guildhall/contracts'
import {
  InvalidRequestError,
  prepareWorkspace,
  removeWorkspace,
  type SandboxMount,
  writeFilesBelow,
} from '@guildhall/sandbox'
import { RunFailure } from '../runs/run.failure.js'
import {
  decideMounts,
  type MountRoot,
  MountRefusedError,
  type ObservedMount,
  refuseBeyondRights,
} from './mount.policy.js'

/** The folders of runs below the executor's own: workspaces, and the skills' files beside them. */
export class RunFolders {
  readonly workspaces: string
  readonly skills: string
  private readonly egress: string

  constructor(
    private readonly dir: string,
    private readonly mountRoots: readonly MountRoot[],
    private readonly privateDirs: readonly string[],
  ) {
    this.workspaces = join(dir, 'workspaces')
    this.skills = join(dir, 'skills')
    this.egress = join(dir, 'egress')
  }

  workspaceOf(runId: string): string {
    return join(this.workspaces, runId)
  }

  /** For the way out of the run's sandboxes. */
  egressOf(runId: string): string {
    return join(this.egress, runId)
  }

  async hasWorkspace(runId: string): Promise<boolean> {
    return lstat(this.workspaceOf(runId)).then(
      (found) => found.isDirectory(),
      () => false,
    )
  }

  /**
   * A new workspace, whatever was there: `inputs/` with the task's files, an empty `artifacts/`; and the skills' files.
   * @throws RunFailure for names that no folder may have
   */
  async prepare({ runId, files, agent }: TaskRun): Promise<void> {
    await this.remove(runId)
    const workspace = this.workspaceOf(runId)
    await prepareWorkspace(workspace)
    // Before anything of the run has been executed: nothing can be planted here yet.
    for (const folder of ['inputs', 'artifacts']) await prepareWorkspace(join(workspace, folder))
    for (const file of files) await writeInput(join(workspace, 'inputs'), file)
    for (const skill of agent.skills) await writeSkill(join(this.skills, runId), skill)
  }

  skillMounts({ runId, agent }: TaskRun): SandboxMount[] {
    return agent.skills.map(({ name }) => ({
      source: join(this.skills, runId, name),
      target: `/skills/${name}`,
      mode: 'ro',
    }))
  }

  /** @throws RunFailure `mount-not-allowed` */
  async taskMounts({ mounts, rights }: TaskRun): Promise<SandboxMount[]> {
    const observed = await Promise.all(mounts.map(observe))
    const privateDirs = await Promise.all(
      [...this.privateDirs, this.dir].map((dir) => realpath(dir).catch(() => dir)),
    )
    try {
      const decided = decideMounts(observed, this.mountRoots, privateDirs)
      refuseBeyondRights(decided, rights)
      return decided
    } catch (error) {
      if (error instanceof MountRefusedError) throw new RunFailure('mount-not-allowed', error.message)
      throw error
    }
  }

  /** Idempotent; nothing of the run may be running. */
  async remove(runId: string): Promise<void> {
    await removeWorkspace(this.workspaceOf(runId))
    for (const folder of [join(this.skills, runId), this.egressOf(runId)])
      await rm(folder, { recursive: true, force: true })
  }

  /** Run ids that have a folder here. */
  async leftBehind(): Promise<string[]> {
    const folders = [this.workspaces, this.skills, this.egress]
    const names = await Promise.all(folders.map((dir) => readdir(dir).catch(() => [])))
    return [...new Set(names.flat())]
  }
}

async function observe({ source, mode }: TaskRun['mounts'][number]): Promise<ObservedMount> {
  const realPath = await realpath(source).catch(() => undefined)
  const isFolder =
    realPath !== undefined && (await stat(realPath).catch(() => undefined))?.isDirectory() === true
  return { source, mode, realPath, isFolder }
}

async function writeInput(folder: string, { name, contentBase64 }: InputFile): Promise<void> {
  if (name === '' || name === '.' || name === '..' || /[/\0]/.test(name)) {
    throw new RunFailure('invalid-inputs', `${JSON.stringify(name)} is not a plain file name`)
  }
  await writeFile(join(folder, name), Buffer.from(contentBase64, 'base64'), {
    mode: 0o644,
    flag: 'wx',
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    throw new RunFailure('invalid-inputs', `two input files have the name ${JSON.stringify(name)}`)
  })
}

async function writeSkill(folder: string, skill: SkillSnapshot): Promise<void> {
  if (!/^[a-z0-9][a-z0-9-]*$/.test(skill.name)) {
    throw new RunFailure('invalid-skill', `${JSON.stringify(skill.name)} is not a skill's name`)
  }
  const files = Object.entries(skill.files).map(([path, file]) => [path, decodeSkillFile(file)] as const)
  await writeFilesBelow(join(folder, skill.name), files).catch((error: unknown) => {
    if (!(error instanceof InvalidRequestError)) throw error
    throw new RunFailure('invalid-skill', `skill ${skill.name}: ${error.message}`)
  })
}
