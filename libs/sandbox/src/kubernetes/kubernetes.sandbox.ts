import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isImageName } from '../container/container.sandbox.js'
import { callUser, defaultImage } from '../container/container.settings.js'
import { ProtectedWorkspaces } from '../islands.policy.js'
import { assertPlainPath } from '../mounts.policy.js'
import { probeSandbox, type ProbeReport } from '../probe.js'
import { assertRequest } from '../request.policy.js'
import type { Sandbox, SandboxRequest, SandboxResult } from '../sandbox.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { sweepScratchFolders } from '../stdio/scratch-folder.js'
import { ClusterClient, ClusterError } from './cluster.client.js'
import { Cluster } from './cluster.js'
import { KubernetesCall, machineId } from './kubernetes.call.js'
import {
  defaultAccountFolder,
  defaultPendingMs,
  type KubernetesOptions,
  type KubernetesSettings,
  Removals,
} from './kubernetes.settings.js'
import { sweepJobs } from './kubernetes.sweep.js'
import { tryOutCluster } from './kubernetes.trial.js'

// Of the process: two sandbox objects may be given the same workspace.
const workspaces = new ProtectedWorkspaces()

class KubernetesSandbox implements Sandbox {
  readonly kind = 'kubernetes'
  readonly #removals = new Removals()
  #preflight: Promise<KubernetesSettings> | undefined

  constructor(private readonly options: KubernetesOptions) {
    const { image = defaultImage, claimPath } = options
    assertPlainPath(claimPath)
    if (!isImageName(image)) throw new RangeError(`${JSON.stringify(image)} is no name of a container image`)
  }

  async probe(): Promise<ProbeReport> {
    const startedAt = performance.now()
    const tookMs = (): number => Math.round(performance.now() - startedAt)
    try {
      const settings = await this.#ready()
      const [{ checks }, report] = [
        await tryOutCluster(settings),
        await probeSandbox(this, settings.uid, settings.scratch),
      ]
      const all = [...report.checks, ...checks]
      return { ok: all.every(({ ok }) => ok), checks: all, tookMs: tookMs() }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      return { ok: false, checks: [{ name: 'available', ok: false, detail }], tookMs: tookMs() }
    }
  }

  async run(request: SandboxRequest): Promise<SandboxResult> {
    assertRequest(request)
    const leave = workspaces.enter(request.workspace, request.protect ?? [])
    try {
      return await new KubernetesCall(request, await this.#ready()).run()
    } finally {
      leave()
    }
  }

  /** Nothing to make ahead: a pod serves one call. */
  warmUp(): Promise<void> {
    return Promise.resolve()
  }

  /** Nothing waits for calls; resolves when the Jobs of ended ones are removed. */
  async coolDown(): Promise<void> {
    await this.#removals.settled()
  }

  /** One preflight for all calls; a failed one is repeated by the next call. */
  #ready(): Promise<KubernetesSettings> {
    this.#preflight ??= preflight(this.options, this.#removals).catch((error: unknown) => {
      this.#preflight = undefined
      throw error instanceof ClusterError
        ? new SandboxUnavailableError(`the cluster cannot be used: ${error.message}`)
        : error
    })
    return this.#preflight
  }
}

async function preflight(options: KubernetesOptions, removals: Removals): Promise<KubernetesSettings> {
  const { server, accountFolder = defaultAccountFolder, unprivilegedUid } = options
  if (server === undefined)
    throw new SandboxUnavailableError('this process runs in no cluster, and none is named')
  const namespace = options.namespace ?? readNamespace(accountFolder)
  const cluster = new Cluster(new ClusterClient(server, accountFolder), namespace)
  await sweepJobs(cluster)
  // The volume may be other machines' too, and other users'.
  const scratch = join(options.claimPath, `.guildhall-${machineId()}-${process.getuid?.() ?? 0}`)
  mkdirSync(scratch, { recursive: true, mode: 0o711 })
  await sweepScratchFolders(scratch)
  const {
    claim,
    claimPath,
    image = defaultImage,
    node,
    seccompProfile,
    pendingMs = defaultPendingMs,
  } = options
  return {
    cluster,
    claim,
    claimPath,
    scratch,
    image,
    pendingMs,
    removals,
    ...(node !== undefined && { node }),
    ...(seccompProfile !== undefined && { seccompProfile }),
    ...callUser(unprivilegedUid),
  }
}

function readNamespace(accountFolder: string): string {
  try {
    return readFileSync(join(accountFolder, 'namespace'), 'utf8').trim()
  } catch {
    throw new SandboxUnavailableError(`there is no account of a cluster in ${accountFolder}`)
  }
}

/**
 * Calls isolated in pods of a Kubernetes cluster, each in a Job of its own. The slowest to start, by seconds. Cheap to create;
 * the first call also sweeps what others left.
 *
 * @throws InvalidMountError when the claim's path is not absolute and plain
 * @throws RangeError when the image's name is none
 */
export const createKubernetesSandbox = (options: KubernetesOptions): Sandbox => new KubernetesSandbox(options)
