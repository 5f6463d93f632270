import { randomBytes } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { prepareWorkspace } from '../files/workspace.js'
import { defaultLimits } from '../limits.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { sweepScratchFolders, withScratchFolder } from '../stdio/scratch-folder.js'
import { ContainerCall } from './container.call.js'
import type { ContainerEngine } from './container.engine.js'
import type { ContainerSettings } from './container.settings.js'
import { sweepContainers } from './container.sweep.js'
import { explainEngine, explainImage, judgeTrial } from './engine.unavailability.policy.js'
import { guardContainers } from './lifeline.js'
import { buildSeccompProfile } from './seccomp.profile.js'

const TRIAL_WALL_MS = 10_000
/** Whether it sees the folders of this process and may write in them, and what its image has. */
const TRIAL =
  'cat /mnt/trial/token; echo; : >written; for name in timeout node; do command -v $name || echo -; done'

/**
 * Ends what earlier processes left, and finds out by one real container whether this engine isolates and shows the
 * folders that it is told to.
 *
 * @throws SandboxUnavailableError
 */
export async function preflight(
  engine: ContainerEngine,
  imageName: string,
  user: { uid: number; gid: number },
): Promise<ContainerSettings> {
  const facts = await engine.facts()
  assertUsable(explainEngine(facts))
  const image = await engine.findImage(imageName)
  if (image === undefined)
    throw new SandboxUnavailableError(
      `the container engine has no image ${imageName}, and none is fetched unasked`,
      `docker pull ${imageName}`,
    )
  assertUsable(explainImage(imageName, image))
  await sweepContainers(engine)
  await sweepScratchFolders()
  guardContainers(engine.socketPath)
  const settings: ContainerSettings = {
    engine,
    image,
    ...user,
    seccompProfile: JSON.stringify(buildSeccompProfile(process.arch)),
    timeoutPath: undefined,
    boundsMemory: facts.boundsMemory,
    boundsProcesses: facts.boundsProcesses,
  }
  return { ...settings, timeoutPath: await tryOut(settings, imageName) }
}

/** @returns where the image has `timeout` */
function tryOut(settings: ContainerSettings, imageName: string): Promise<string> {
  return withScratchFolder(async (folder) => {
    const token = randomBytes(16).toString('hex')
    const [workspace, shown] = [join(folder, 'workspace'), join(folder, 'shown')]
    await prepareWorkspace(workspace, settings.uid)
    await mkdir(shown)
    await chmod(shown, 0o755)
    await writeFile(join(shown, 'token'), token, { mode: 0o644 })
    const request = {
      argv: ['sh', '-c', TRIAL],
      env: {},
      workspace,
      mounts: [{ source: shown, target: '/mnt/trial', mode: 'ro' as const }],
      limits: { ...defaultLimits, wallMs: TRIAL_WALL_MS },
    }
    const result = await new ContainerCall(request, settings).run()
    const writtenUid = lstatSync(join(workspace, 'written'), { throwIfNoEntry: false })?.uid
    return judgeTrial(result, { image: imageName, token, uid: settings.uid, writtenUid })
  })
}

function assertUsable(problem: string | undefined): void {
  if (problem !== undefined) throw new SandboxUnavailableError(problem)
}
