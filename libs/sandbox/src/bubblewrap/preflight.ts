import { readFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { prepareWorkspace } from '../files/workspace.js'
import { defaultLimits } from '../limits.js'
import { sweepScratchFolders, withScratchFolder } from '../stdio/scratch-folder.js'
import { Call } from './call.js'
import { sweepOrphans } from './orphan-sweep.js'
import type { PreparedHost } from './prepared-host.js'
import type { SandboxSettings } from './settings.js'
import {
  explainUnavailability,
  isDisableUsernsFailure,
  type NamespaceSwitches,
} from './unavailability.policy.js'

const PREFLIGHT_WALL_MS = 10_000

function readSwitch(path: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${path}`, 'utf8').trim()
  } catch {
    return undefined
  }
}

function namespaceSwitches(): NamespaceSwitches {
  const found = {
    apparmorRestrictUnprivilegedUserns: readSwitch('kernel/apparmor_restrict_unprivileged_userns'),
    unprivilegedUsernsClone: readSwitch('kernel/unprivileged_userns_clone'),
    maxUserNamespaces: readSwitch('user/max_user_namespaces'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

/**
 * Ends and removes what earlier processes left that were killed. Starts one real sandbox, and so finds out whether this machine lets
 * `--disable-userns` work. Where it does not, the seccomp filter, which is always on, is what refuses new
 * namespaces.
 *
 * @throws SandboxUnavailableError
 */
export async function preflight(
  settings: Omit<SandboxSettings, 'disableUserNamespaces'>,
  host: PreparedHost,
): Promise<SandboxSettings> {
  sweepOrphans()
  host.groups?.sweep()
  await sweepScratchFolders()
  return withScratchFolder(async (folder) => {
    // Passable, so that root needs no staging for a check of the machine.
    await chmod(folder, 0o711)
    const workspace = join(folder, 'workspace')
    await prepareWorkspace(workspace, settings.unprivilegedUid)
    let detail = ''
    for (const disableUserNamespaces of [true, false]) {
      const limits = { ...defaultLimits, wallMs: PREFLIGHT_WALL_MS }
      const call = new Call({ argv: ['/usr/bin/true'], env: {}, workspace, mounts: [], limits })
      const result = await call.run({ ...settings, disableUserNamespaces }, host)
      if (result.ending === 'exited' && result.exitCode === 0) return { ...settings, disableUserNamespaces }
      detail = result.detail ?? `${result.ending} ${result.exitCode ?? ''} ${result.stderr.trim()}`
      if (!isDisableUsernsFailure(detail)) break
    }
    throw explainUnavailability(detail, namespaceSwitches())
  })
}
