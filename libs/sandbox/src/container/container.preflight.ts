import { SandboxUnavailableError } from '../sandbox.errors.js'
import { sweepScratchFolders } from '../stdio/scratch-folder.js'
import { ContainerEngine } from './container.engine.js'
import type { ContainerSettings } from './container.settings.js'
import { sweepContainers } from './container.sweep.js'
import { explainEngine, explainImage } from './engine.unavailability.policy.js'
import { guardContainers } from './lifeline.js'
import { PodmanEngine } from './podman.engine.js'
import { buildSeccompProfile } from './seccomp.profile.js'

/**
 * Asks the engine for what it can and has, ends what earlier processes left, and sees to it that this one leaves nothing.
 *
 * @throws SandboxUnavailableError
 */
export async function preflight(
  socketPath: string,
  imageName: string,
  user: { uid: number; gid: number },
): Promise<ContainerSettings> {
  const asked = new ContainerEngine(socketPath)
  const facts = await asked.facts()
  assertUsable(explainEngine(facts))
  const isPodman = facts.podmanVersion !== undefined
  const engine = isPodman ? new PodmanEngine(socketPath) : asked
  const image = await engine.findImage(imageName)
  if (image === undefined)
    throw new SandboxUnavailableError(
      `the container engine has no image ${imageName}, and none is fetched unasked`,
      `${isPodman ? 'podman' : 'docker'} pull ${imageName}`,
    )
  assertUsable(explainImage(imageName, image))
  await sweepContainers(engine)
  await sweepScratchFolders()
  guardContainers(socketPath)
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
