import { SandboxUnavailableError } from '../sandbox.errors.js'

/** Kernel switches that can forbid user namespaces; absent where the kernel does not have them. */
export interface NamespaceSwitches {
  apparmorRestrictUnprivilegedUserns?: string
  unprivilegedUsernsClone?: string
  maxUserNamespaces?: string
}

const REFUSED_NAMESPACE =
  /setting up uid map|new namespace|permissions to creat|unshare|clone|loopback|Operation not permitted|max_user_namespaces/i

function namespaceRemedy(switches: NamespaceSwitches): string {
  if (switches.unprivilegedUsernsClone === '0') return 'sudo sysctl -w kernel.unprivileged_userns_clone=1'
  if (switches.maxUserNamespaces === '0') return 'sudo sysctl -w user.max_user_namespaces=15000'
  return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0'
}

/** `--disable-userns` writes to /proc/sys, which containers mount read-only. */
export const isDisableUsernsFailure = (detail: string): boolean =>
  /max_user_namespaces|disable-userns|disabl\w+ .*user namespaces/i.test(detail)

/** Names what an administrator has to do, from what bubblewrap or its launcher said. */
export function explainUnavailability(detail: string, switches: NamespaceSwitches): SandboxUnavailableError {
  if (/ulimit/.test(detail))
    return new SandboxUnavailableError(`the limits of calls are above those of this process (${detail})`)
  if (/^(unshare|mount|mkdir|sh): /m.test(detail))
    return new SandboxUnavailableError(`root could not start the launcher: ${detail}`)
  if (/ENOENT|failed to execute .*No such file/.test(detail))
    return new SandboxUnavailableError('bubblewrap is not installed', 'sudo apt-get install bubblewrap')
  if (/Unknown option/.test(detail))
    return new SandboxUnavailableError(
      `bubblewrap is too old (${detail})`,
      'sudo apt-get update && sudo apt-get install --only-upgrade bubblewrap',
    )
  if (REFUSED_NAMESPACE.test(detail))
    return new SandboxUnavailableError(`user namespaces are refused (${detail})`, namespaceRemedy(switches))
  return new SandboxUnavailableError(`bubblewrap does not work here (${detail || 'no message'})`)
}

/** Why there can be no sandbox on this operating system; undefined on Linux. */
export function explainPlatform(platform: NodeJS.Platform): string | undefined {
  if (platform === 'linux') return undefined
  return `functions are isolated by bubblewrap, which needs Linux, not ${platform}: run Guildhall in a Linux virtual machine`
}
