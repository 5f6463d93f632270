import type { SandboxResult } from '../sandbox.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import type { EngineFacts, EngineImage } from './container.engine.js'

const needed = ['timeout', 'node'] as const

/** Why calls cannot run in containers of this engine; undefined when they can. */
export function explainEngine({ osType, securityOptions }: EngineFacts): string | undefined {
  const has = (name: string): boolean =>
    securityOptions.some((option) => option.split(',')[0] === `name=${name}`)
  if (osType !== 'linux') return `the container engine runs ${osType} containers, not linux ones`
  if (!has('seccomp')) return 'the container engine applies no seccomp profiles'
  if (has('rootless') || has('userns'))
    return (
      'the container engine maps user ids (rootless, or userns-remap), so that a call could not write into its ' +
      'workspace: use one that does not, or bubblewrap'
    )
  return undefined
}

export function explainImage(name: string, { hasVolumes }: EngineImage): string | undefined {
  return hasVolumes ? `the image ${name} declares volumes, which a call could fill without limit` : undefined
}

/** What a trial container should show and leave behind. */
export interface TrialExpectation {
  image: string
  token: string
  uid: number
  /** Owner of the file that it wrote; absent when there is none where this process looks. */
  writtenUid: number | undefined
}

/**
 * What the trial container found out.
 *
 * @returns where the image has `timeout`
 * @throws SandboxUnavailableError
 */
export function judgeTrial(
  {
    ending,
    exitCode,
    detail,
    stdout,
    stderr,
  }: Pick<SandboxResult, 'ending' | 'exitCode' | 'detail' | 'stdout' | 'stderr'>,
  { image, token, uid, writtenUid }: TrialExpectation,
): string {
  const refuse = (why: string): never => {
    throw new SandboxUnavailableError(why)
  }
  if (ending !== 'exited')
    return refuse(`a container of the image ${image} does not run: ${detail ?? `${ending} ${stderr.trim()}`}`)
  if (exitCode !== 0)
    return refuse(`the image ${image} cannot run sh: ${stderr.trim() || `status ${exitCode}`}`)
  const [shown, ...paths] = stdout.trim().split('\n')
  if (shown !== token || writtenUid === undefined)
    return refuse(
      'the container engine does not see the folders of this process: both must be on one machine, and neither in a ' +
        'container of its own',
    )
  if (writtenUid !== uid)
    return refuse(
      `what a call writes belongs to uid ${writtenUid} here, not to ${uid}: the engine maps user ids`,
    )
  const missing = needed.filter((_, index) => paths[index]?.startsWith('/') !== true)
  if (missing.length > 0) return refuse(`the image ${image} lacks ${missing.join(' and ')}`)
  return paths[0]!
}
