import type { SandboxEnding } from '../sandbox.js'
import { OUT_OF_MEMORY } from '../watch/watchdog.js'

/** A pod of the API, as far as a call looks at it. */
export interface PodDocument {
  metadata: { name: string; deletionTimestamp?: string }
  spec?: { nodeName?: string }
  status?: {
    phase?: string
    reason?: string
    message?: string
    hostIP?: string
    conditions?: { type: string; status: string; reason?: string; message?: string }[]
    containerStatuses?: {
      imageID?: string
      state?: {
        waiting?: { reason?: string; message?: string }
        running?: object
        terminated?: { exitCode: number; reason?: string; message?: string }
      }
    }[]
  }
}

const stateOf = (pod: PodDocument) => pod.status?.containerStatuses?.[0]?.state

export const isRunning = (pod: PodDocument): boolean => stateOf(pod)?.running !== undefined

/** Whether its processes are dead, as its node says. */
export const isOver = (pod: PodDocument): boolean =>
  stateOf(pod)?.terminated !== undefined || ['Failed', 'Succeeded'].includes(pod.status?.phase ?? '')

/** Reasons that waiting does not mend. */
const HOPELESS = new Set([
  ...['ErrImagePull', 'ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName', 'ImageInspectError'],
  ...['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'StartError'],
])

/** Why it will never run; undefined while it may. */
export function whyHopeless(pod: PodDocument): string | undefined {
  const { reason, message } = stateOf(pod)?.waiting ?? {}
  if (reason !== undefined && HOPELESS.has(reason)) return `${reason}: ${message ?? 'the node says no more'}`
  if (pod.status?.phase !== 'Failed' || stateOf(pod)?.terminated !== undefined) return undefined
  return `${pod.status.reason ?? 'Failed'}: ${pod.status.message ?? 'the node says no more'}`
}

/** What it waits for; undefined when the cluster does not say. */
export function whatItWaitsFor(pod: PodDocument | undefined): string {
  if (pod === undefined)
    return 'the cluster made no pod for its Job: is a quota of pods, memory or storage exceeded? `kubectl describe job` tells'
  const scheduled = pod.status?.conditions?.find(({ type }) => type === 'PodScheduled')
  if (scheduled?.status === 'False') return `no node takes its pod: ${scheduled.message ?? scheduled.reason}`
  const { reason, message } = stateOf(pod)?.waiting ?? {}
  return `its pod does not start on ${pod.spec?.nodeName}: ${message ?? reason ?? 'the node does not say why'}`
}

/**
 * How a call ended whose first process could not say it, as its node says.
 *
 * @returns the exit code, or why there is none
 */
export function endOf(pod: PodDocument): { exitCode: number } | { ending: SandboxEnding; detail: string } {
  const { exitCode, reason } = stateOf(pod)?.terminated ?? {}
  if (reason === 'OOMKilled') return { ending: 'memory', detail: OUT_OF_MEMORY }
  const { reason: why, message } = pod.status ?? {}
  // Evicted, for example, or past its deadline.
  if (why !== undefined)
    return { ending: 'sandbox-failed', detail: `${why}: ${message ?? 'the node says no more'}` }
  if (exitCode === undefined)
    return { ending: 'sandbox-failed', detail: 'the cluster does not say how it ended' }
  return { exitCode }
}
