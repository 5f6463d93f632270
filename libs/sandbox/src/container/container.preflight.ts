import { SandboxUnavailableError } from '../sandbox.errors.js'
import { sweepScratchFolders } from '../stdio/scratch-folder.js'
import type { ContainerEngine } from './container.engine.js'
import type { ContainerSettings } from './container.settings.js'
import { sweepContainers } from './container.sweep.js'
import { explainEngine, explainImage } from './engine.unavailability.policy.js'
import { guardContainers } from './lifeline.js'
import { buildSeccompProfile } from './seccomp.profile.js'

/**
 * Asks the engine for what it can and has, ends what earlier processes left, and sees to it that this one leaves nothing.
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
  return {
    engine,
    imageName,
    image,
    ...user,
    seccompProfile: JSON.stringify(buildSeccompProfile(process.arch)),
    boundsMemory: facts.boundsMemory,
    boundsProcesses: facts.boundsProcesses,
  }
}

function assertUsable(problem: string | undefined): void {
  if (problem !== undefined) throw new SandboxUnavailableError(problem)
}
