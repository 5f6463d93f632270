import type { ProbeCheck } from '../probe.policy.js'
import type { SandboxResult } from '../sandbox.js'
import { callLabel } from './call.job.js'

type Outcome = Pick<SandboxResult, 'ending' | 'exitCode' | 'detail' | 'stdout' | 'stderr'>

/** Whose trial it was, and what it left behind. */
export interface ClusterTrial {
  image: string
  uid: number
  /** Owner of the file that it wrote; absent when there is none where this process looks. */
  writtenUid: number | undefined
  /** Sizes that its memory-backed volumes were to have. */
  bounds: readonly number[]
}

/** Why calls cannot run in this cluster; undefined when they can. */
export function judgeTrial(
  { ending, exitCode, detail, stdout, stderr }: Outcome,
  { image, uid, writtenUid, bounds }: ClusterTrial,
): string | undefined {
  if (ending !== 'exited')
    return `a pod of the image ${image} does not run: ${detail ?? `${ending} ${stderr.trim()}`}`
  if (writtenUid !== uid)
    return `what a call writes belongs to uid ${writtenUid ?? 'nobody'} here, not to ${uid}: is the claim another volume?`
  const [node, ...sizes] = stdout.trimEnd().split('\n')
  if (exitCode !== 0 || node?.startsWith('/') !== true)
    return `the image ${image} has no node, which file functions need`
  const isBounded = sizes.length === bounds.length && sizes.every((size, at) => bytesOf(size) <= bounds[at]!)
  if (!isBounded)
    return 'the cluster does not bound volumes in memory, which Kubernetes does since 1.22 (feature gate SizeMemoryBackedVolumes)'
  return undefined
}

function bytesOf(blocks: string): number {
  const [count, size] = blocks.split(' ').map(Number)
  return (count ?? NaN) * (size ?? NaN)
}

/** What a call that knocked at every door has to say. */
export function judgeNetwork(
  { ending, exitCode, detail, stdout }: Outcome,
  targets: readonly string[],
): ProbeCheck {
  const name = 'network-policy'
  if (ending !== 'exited' || exitCode !== 0) return { name, ok: false, detail: detail ?? ending }
  const reached = stdout.split('\n').filter(Boolean)
  if (reached.length === 0) return { name, ok: true, detail: `out of reach: ${targets.join(' ')}` }
  return {
    name,
    ok: false,
    detail:
      `a call reached ${reached.join(', ')}: the namespace needs a NetworkPolicy that selects ` +
      `${callLabel.name}=${callLabel.value} and allows nothing, and a network plugin that enforces it`,
  }
}
