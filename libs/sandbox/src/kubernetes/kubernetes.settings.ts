import type { Cluster } from './cluster.js'

/** Where a pod finds the account that its cluster gave it. */
export const defaultAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount'
export const defaultPendingMs = 60_000

/**
 * - `claim`: name of the PersistentVolumeClaim, in the namespace of the calls, on whose volume workspaces and mounted folders lie.
 * - `claimPath`: where the root of that volume is mounted in this process's own pod.
 * - `node`: the only node that may run calls, by name; for a volume that one node at a time may mount. Absent: any node.
 * - `image`: it needs /bin/sh, /usr/bin/env, dd, stat, grep and sleep as in Debian and, for file functions and the probe, `node` (18 or
 *   later). Nodes fetch it when they do not have it. Default node:24-bookworm-slim.
 * - `seccompProfile`: of each node's own profiles, below its kubelet's folder of them; `buildSeccompProfile` makes one with the
 *   rules of the other sandboxes. Absent: the profile of the node's container runtime, which refuses less.
 * - `server`: like https://10.0.0.1:443. Absent: that of the cluster that this process runs in.
 * - `accountFolder`: holds `token`, `ca.crt` and `namespace`. Default: where a cluster puts them.
 * - `namespace`: of the calls. Absent: the account's.
 * - `pendingMs`: how long a call may wait for a node and for its image. Default 60 s.
 * - `unprivilegedUid`: uid and gid of every call when this process is uid 0; otherwise they are this process's own.
 *   Default 60870.
 */
export interface KubernetesOptions {
  claim: string
  claimPath: string
  node?: string
  image?: string
  seccompProfile?: string
  server?: string
  accountFolder?: string
  namespace?: string
  pendingMs?: number
  unprivilegedUid?: number
}

/** What every call of one sandbox object is made with. */
export interface KubernetesSettings {
  cluster: Cluster
  claim: string
  claimPath: string
  /** On the volume, for this machine's trials. */
  scratch: string
  image: string
  node?: string
  seccompProfile?: string
  uid: number
  gid: number
  pendingMs: number
  removals: Removals
}

/** What is left to do for calls that ended. */
export class Removals {
  readonly #running = new Set<Promise<void>>()

  /** @param removal never rejects */
  add(removal: Promise<void>): void {
    this.#running.add(removal)
    void removal.finally(() => this.#running.delete(removal))
  }

  async settled(): Promise<void> {
    await Promise.all(this.#running)
  }
}
