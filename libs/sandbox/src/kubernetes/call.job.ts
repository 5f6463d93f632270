import { workspaceTarget } from '../bubblewrap/arguments.js'
import { ownerLabel } from '../container/container.body.js'
import type { SandboxLimits } from '../limits.js'
import { gateArguments, gateScript } from './gate.script.js'

/** What the NetworkPolicy that cuts calls off selects, and what tells calls from other Jobs. */
export const callLabel = { name: 'guildhall.part', value: 'call' } as const
/** Names the machine on which the number of the owner's process means something. */
export const machineLabel = 'guildhall.machine'

export const containerName = 'call'

/** The node keeps what a call writes in files that it starts anew from time to time, with some bytes before each line. */
const LOG_FACTOR = 64
const [LEAST_LOG_BYTES, MOST_LOG_BYTES] = [64 * 2 ** 20, 512 * 2 ** 20]
/** How long a finished Job stays that nobody removed. */
const KEEP_FINISHED_S = 60
/** Seconds after its wall time at which a cluster ends a call, should nobody have ended it. */
const SELF_END_GRACE_S = 60
/** What a node gives processes between being asked to end and being killed. The first one ends at once, and all with it. */
export const GRACE_S = 1

export interface JobMount {
  /** Relative to the root of the claim's volume. */
  subPath: string
  target: string
  mode: 'ro' | 'rw'
}

/** All that a call's Job is made of; nothing of its arguments, variables and input. */
export interface JobPlan {
  name: string
  owner: string
  machine: string
  image: string
  claim: string
  /** The only node that may run it; absent: any. */
  node?: string
  /** Of the node's profiles; absent: the one that the node's runtime brings. */
  seccompProfile?: string
  uid: number
  gid: number
  mounts: readonly JobMount[]
  limits: SandboxLimits
  /** How long it may wait for a node and for its image. */
  pendingMs: number
}

const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1_000)
const memory = (name: string, bytes: number) => ({
  name,
  emptyDir: { medium: 'Memory', sizeLimit: String(bytes) },
})

/** What the cluster is asked for: everything that isolates a call, and nothing that the image or the namespace says instead. */
export function callJob(plan: JobPlan) {
  const { limits } = plan
  const labels = {
    [callLabel.name]: callLabel.value,
    [ownerLabel]: plan.owner,
    [machineLabel]: plan.machine,
  }
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: plan.name, labels },
    spec: {
      parallelism: 1,
      completions: 1,
      // A pod that takes the place of a lost one would wait at its gate: nobody lets it pass.
      backoffLimit: 0,
      ttlSecondsAfterFinished: KEEP_FINISHED_S,
      activeDeadlineSeconds: seconds(plan.pendingMs) + seconds(limits.wallMs) + SELF_END_GRACE_S,
      template: { metadata: { labels }, spec: callPod(plan) },
    },
  }
}

export type CallJob = ReturnType<typeof callJob>

function callPod(plan: JobPlan) {
  const { limits, uid, gid, node, seccompProfile } = plan
  return {
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: GRACE_S,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    hostNetwork: false,
    hostPID: false,
    hostIPC: false,
    shareProcessNamespace: false,
    hostname: 'sandbox',
    // Instead of the cluster's, which are of no use and nobody's business.
    dnsPolicy: 'None',
    dnsConfig: { nameservers: ['127.0.0.1'] },
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: gid,
      seccompProfile:
        seccompProfile === undefined
          ? { type: 'RuntimeDefault' }
          : { type: 'Localhost', localhostProfile: seccompProfile },
    },
    ...(node !== undefined && { affinity: onlyOn(node) }),
    containers: [callContainer(plan)],
    volumes: [
      { name: 'folders', persistentVolumeClaim: { claimName: plan.claim } },
      memory('tmp', limits.tmpBytes),
      memory('shm', limits.shmBytes),
    ],
  }
}

function callContainer({ image, limits, mounts }: JobPlan) {
  const environment = [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `HOME=${workspaceTarget}`,
    'TMPDIR=/tmp',
    'LANG=C.UTF-8',
  ]
  const targets = mounts.map(({ target }) => target)
  const bounds = {
    memory: String(limits.memoryBytes),
    'ephemeral-storage': String(
      Math.min(Math.max(LEAST_LOG_BYTES, LOG_FACTOR * limits.outputBytes), MOST_LOG_BYTES),
    ),
  }
  return {
    name: containerName,
    image,
    imagePullPolicy: 'IfNotPresent',
    workingDir: workspaceTarget,
    // Neither the image nor the cluster sets variables.
    command: ['/usr/bin/env', '-i', ...environment, '/bin/sh', '-c', literal(gateScript), 'sh'],
    args: gateArguments(limits, targets).map(literal),
    stdin: true,
    // Its end is the end of the call.
    stdinOnce: true,
    tty: false,
    resources: { limits: { ...bounds, cpu: '1' }, requests: { ...bounds, cpu: '50m' } },
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shm', mountPath: '/dev/shm' },
      ...mounts.map(({ subPath, target, mode }) => ({
        name: 'folders',
        mountPath: target,
        ...(subPath !== '' && { subPath }),
        readOnly: mode === 'ro',
      })),
    ],
  }
}

/** Kubernetes would put a variable's value in the place of `$(NAME)`. */
const literal = (word: string): string => word.replaceAll('$', '$$$$')

const onlyOn = (node: string) => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: [node] }] }],
    },
  },
})
