import type { SandboxResult } from '../sandbox.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import type { EngineFacts, EngineImage } from './container.engine.js'

/** What is asked of an older one it would pass over in silence. */
const OLDEST_PODMAN = [4, 3] as const

/** Why calls cannot run in containers of this engine; undefined when they can. */
export function explainEngine({ osType, securityOptions, podmanVersion }: EngineFacts): string | undefined {
  const has = (name: string): boolean =>
    securityOptions.some((option) => option.split(',')[0] === `name=${name}`)
  if (osType !== 'linux') return `the container engine runs ${osType} containers, not linux ones`
  if (podmanVersion !== undefined && !isRecentPodman(podmanVersion))
    return `the container engine is Podman ${podmanVersion}: at least ${OLDEST_PODMAN.join('.')} is needed`
  if (!has('seccomp')) return 'the container engine applies no seccomp profiles'
  if (has('rootless') || has('userns'))
    return (
      'the container engine maps user ids (rootless, or userns-remap), so that a call could not write into its ' +
      'workspace: use one that does not, or bubblewrap'
    )
  return undefined
}

function isRecentPodman(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_PODMAN
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)
}

export function explainImage(name: string, { hasVolumes }: EngineImage): string | undefined {
  return hasVolumes ? `the image ${name} declares volumes, which a call could fill without limit` : undefined
}

/** Whose trial it was, and what it left behind; its output names the programs that it did not find. */
export interface TrialExpectation {
  image: string
  uid: number
  /** Owner of the file that it wrote; absent when there is none where this process looks. */
  writtenUid: number | undefined
}

/** @throws SandboxUnavailableError */
export function judgeTrial(
  {
    ending,
    exitCode,
    detail,
    stdout,
    stderr,
  }: Pick<SandboxResult, 'ending' | 'exitCode' | 'detail' | 'stdout' | 'stderr'>,
  { image, uid, writtenUid }: TrialExpectation,
): void {
  const problem = (): string | undefined => {
    if (ending !== 'exited')
      return `a container of the image ${image} does not run: ${detail ?? `${ending} ${stderr.trim()}`}`
    if (writtenUid !== uid)
      return `what a call writes belongs to uid ${writtenUid ?? 'nobody'} here, not to ${uid}: does the engine map user ids?`
    if (exitCode !== 0)
      return `a container of the image ${image} does not run: exit ${exitCode} ${stderr.trim()}`
    const missing = stdout.split('\n').filter(Boolean)
    return missing.length > 0
      ? `the image ${image} lacks ${missing.join(', ')}, which functions need`
      : undefined
  }
  const found = problem()
  if (found !== undefined) throw new SandboxUnavailableError(found)
}
