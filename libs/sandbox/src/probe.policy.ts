import type { ProbeObservations } from './probe-script.js'

export interface ProbeCheck {
  name: string
  ok: boolean
  detail: string
}

/** What the host knows about the same attacks. */
export interface HostFindings {
  secret: string
  connections: number
  pidNamespace: string
  /** Owner, on the host, of a file that the attacker created. */
  ownerUid: number
}

// bubblewrap itself sets PWD; some shells export SHLVL and _ of their own.
const INNER_ENVIRONMENT = new Set(['HOME', 'LANG', 'PATH', 'PWD', 'TMPDIR', 'SHLVL', 'OLDPWD', '_'])

const check = (name: string, ok: boolean, detail: string): ProbeCheck => ({ name, ok, detail })

export function judgeAttacks(seen: ProbeObservations, host: HostFindings): ProbeCheck[] {
  const environment = seen.environment.join(' ')
  const gotSecret = seen.secret.includes(host.secret)
  return [
    check('inner-uid', seen.uid !== 0, `uid ${seen.uid}`),
    check('host-uid', host.ownerUid !== 0, `uid ${host.ownerUid} on the host`),
    check('pid-namespace', seen.pidNamespace !== host.pidNamespace, seen.pidNamespace),
    check('fresh-proc', seen.pid < 100 && seen.processes < 20, `${seen.processes} processes visible`),
    check('seccomp', seen.seccomp === 2, `mode ${seen.seccomp}`),
    check('capabilities', seen.capabilities === 0, `effective set ${seen.capabilities}`),
    check('user-namespaces', !seen.canUnshare, seen.canUnshare ? 'unshare --user worked' : 'refused'),
    check('network', !seen.connected && host.connections === 0, `interfaces: ${seen.interfaces.join(' ')}`),
    check(
      'environment',
      seen.environment.every((name) => INNER_ENVIRONMENT.has(name)),
      environment,
    ),
    check('descriptors', seen.descriptors.length === 0, seen.descriptors.join(' ') || 'only the own ones'),
    check('host-file', !gotSecret, gotSecret ? 'was read' : 'not readable'),
    check('core-pattern', !seen.corePatternWritable, seen.corePatternWritable ? 'writable' : 'not writable'),
    check('read-only-root', seen.written.length === 0, seen.written.join(' ') || 'no write worked'),
  ]
}
