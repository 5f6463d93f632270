import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { prepareWorkspace } from '../files/workspace.js'
import { defaultLimits } from '../limits.js'
import { withScratchFolder } from '../stdio/scratch-folder.js'
import { ContainerCall } from './container.call.js'
import type { ContainerSettings } from './container.settings.js'
import { judgeTrial } from './engine.unavailability.policy.js'

const TRIAL_WALL_MS = 10_000
/** What the functions of an executor, its sessions and the probe are made of. */
const NEEDED = ['bash', 'cat', 'dirname', 'find', 'grep', 'head', 'mkdir', 'node', 'stat']
const TRIAL = [
  'sh',
  '-c',
  ': >written; for name; do command -v "$name" >/dev/null || echo "$name"; done',
  'sh',
  ...NEEDED,
]

/**
 * Finds out by one real container whether the image has what calls need, and whose the files are that they write.
 *
 * @throws SandboxUnavailableError
 */
export function tryOut(settings: ContainerSettings): Promise<void> {
  return withScratchFolder(async (folder) => {
    const workspace = join(folder, 'workspace')
    await prepareWorkspace(workspace, settings.uid)
    const limits = { ...defaultLimits, wallMs: TRIAL_WALL_MS }
    const request = { argv: TRIAL, env: {}, workspace, mounts: [], limits }
    const result = await new ContainerCall(request, settings).run()
    const written = lstatSync(join(workspace, 'written'), { throwIfNoEntry: false })
    judgeTrial(result, { image: settings.imageName, uid: settings.uid, writtenUid: written?.uid })
  })
}
