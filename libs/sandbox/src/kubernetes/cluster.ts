import type { WebSocket } from 'ws'
import { type CallJob, callLabel, containerName, GRACE_S } from './call.job.js'
import type { PodDocument } from './call.pod.js'
import { type ClusterClient, ClusterError } from './cluster.client.js'

export interface JobDocument {
  metadata: { name: string; labels?: Record<string, string>; creationTimestamp: string }
  spec: { activeDeadlineSeconds?: number }
  status?: { conditions?: { type: string; status: string; lastTransitionTime?: string }[] }
}

export interface PodEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: PodDocument
}

interface List<Item> {
  metadata: { resourceVersion: string }
  items: Item[]
}

/** The few requests of the Kubernetes API that calls need, all in one namespace. */
export class Cluster {
  readonly #jobs: string
  readonly #pods: string

  constructor(
    readonly client: ClusterClient,
    readonly namespace: string,
  ) {
    this.#jobs = `/apis/batch/v1/namespaces/${namespace}/jobs`
    this.#pods = `/api/v1/namespaces/${namespace}/pods`
  }

  async createJob(job: CallJob): Promise<void> {
    await this.client.ask({ method: 'POST', path: this.#jobs, body: job })
  }

  /** Its pods go with it, a little later; idempotent. */
  async deleteJob(name: string): Promise<void> {
    const body = { propagationPolicy: 'Background' }
    await unlessMissing(this.client.ask({ method: 'DELETE', path: `${this.#jobs}/${name}`, body }))
  }

  /** It stays in the API until its node says that its processes are dead; idempotent. */
  async deletePod(name: string): Promise<void> {
    // With 0, the API would forget it at once, dead or not.
    const body = { gracePeriodSeconds: GRACE_S }
    await unlessMissing(this.client.ask({ method: 'DELETE', path: `${this.#pods}/${name}`, body }))
  }

  /** All calls of the namespace. */
  async listJobs(): Promise<JobDocument[]> {
    const selector = encodeURIComponent(`${callLabel.name}=${callLabel.value}`)
    const found = await this.client.ask({ method: 'GET', path: `${this.#jobs}?labelSelector=${selector}` })
    return (found as List<JobDocument>).items
  }

  async podsOf(job: string): Promise<{ pods: PodDocument[]; version: string }> {
    const found = await this.client.ask({ method: 'GET', path: `${this.#pods}?${selectorOf(job)}` })
    const { items, metadata } = found as List<PodDocument>
    return { pods: items, version: metadata.resourceVersion }
  }

  /** What happens to the pods of a Job after `version`, until the server ends it. */
  followPodsOf(job: string, version: string, signal: AbortSignal): AsyncGenerator<PodEvent> {
    const path = `${this.#pods}?${selectorOf(job)}&watch=1&resourceVersion=${version}`
    return this.client.follow(path, signal) as AsyncGenerator<PodEvent>
  }

  /** The streams of a call's container. Nothing that it wrote before comes. */
  attach(pod: string): Promise<WebSocket> {
    const streams = `container=${containerName}&stdin=true&stdout=true&stderr=true&tty=false`
    return this.client.open(`${this.#pods}/${pod}/attach?${streams}`)
  }
}

const selectorOf = (job: string): string => `labelSelector=${encodeURIComponent(`job-name=${job}`)}`

async function unlessMissing(answer: Promise<unknown>): Promise<void> {
  await answer.catch((error: unknown) => {
    if (!(error instanceof ClusterError && error.status === 404)) throw error
  })
}
