import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { vi } from 'vitest'
import { CallFixture } from '../call.fixture.js'
import { callUser } from '../container/container.settings.js'
import type { Sandbox } from '../index.js'
import { ClusterClient } from './cluster.client.js'
import { Cluster } from './cluster.js'
import { createKubernetesSandbox } from './kubernetes.sandbox.js'
import {
  defaultAccountFolder,
  type KubernetesOptions,
  type KubernetesSettings,
  Removals,
} from './kubernetes.settings.js'

/** JSON of `KubernetesOptions`, with `server`: a cluster whose only node is this machine. */
const given = process.env['GUILDHALL_TEST_KUBERNETES']

/** Why there is no cluster to try; undefined when there is one. */
export const whyNoCluster = (): string | undefined =>
  given === undefined ? 'GUILDHALL_TEST_KUBERNETES names no cluster' : undefined

/** Known before tests are collected. */
export const serverOfTestCluster = (): string =>
  (JSON.parse(given ?? '{"server":"https://none:1"}') as { server: string }).server

/** The cluster that was named, and calls in it. */
export class TestCluster {
  readonly options = JSON.parse(given ?? '{}') as KubernetesOptions & { server: string }
  readonly accountFolder = this.options.accountFolder ?? defaultAccountFolder
  readonly user = callUser()
  readonly sandbox: Sandbox = createKubernetesSandbox(this.options)
  readonly api: Cluster
  calls!: CallFixture

  private constructor() {
    // What pods are to see lies on their volume.
    vi.stubEnv('TMPDIR', this.options.claimPath)
    const namespace = this.options.namespace ?? readFileSync(join(this.accountFolder, 'namespace'), 'utf8')
    this.api = new Cluster(new ClusterClient(this.options.server, this.accountFolder), namespace.trim())
  }

  static async find(): Promise<TestCluster> {
    const cluster = new TestCluster()
    cluster.calls = await CallFixture.create(cluster.sandbox)
    return cluster
  }

  settings(over: Partial<KubernetesSettings> = {}): KubernetesSettings {
    return {
      cluster: this.api,
      scratch: this.options.claimPath,
      image: 'unknown',
      pendingMs: 30_000,
      removals: new Removals(),
      ...this.options,
      ...this.user,
      ...over,
    }
  }

  async remove(): Promise<void> {
    await this.sandbox.coolDown()
    await this.calls.remove()
    vi.unstubAllEnvs()
  }
}
