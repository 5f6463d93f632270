import { isAbsolute } from 'node:path'
import { createBubblewrapSandbox } from './bubblewrap/bubblewrap.sandbox.js'
import { createContainerSandbox, isImageName } from './container/container.sandbox.js'
import { createKubernetesSandbox } from './kubernetes/kubernetes.sandbox.js'
import type { KubernetesOptions } from './kubernetes/kubernetes.settings.js'
import { createProcessBackend } from './process/process.backend.js'
import type { Sandbox } from './sandbox.js'

/** What an operator chose to isolate calls with. */
export type Isolation =
  | { kind: 'bubblewrap' }
  | { kind: 'container'; socketPath: string; image?: string }
  | ({ kind: 'kubernetes' } & Omit<KubernetesOptions, 'unprivilegedUid'>)
  | { kind: 'process' }

type Variable =
  | 'GUILDHALL_ISOLATION'
  | 'GUILDHALL_CONTAINER_SOCKET'
  | 'GUILDHALL_CONTAINER_IMAGE'
  | `GUILDHALL_KUBERNETES_${'CLAIM' | 'CLAIM_PATH' | 'NAMESPACE' | 'NODE' | 'SECCOMP' | 'SERVER' | 'ACCOUNT'}`
  | 'KUBERNETES_SERVICE_HOST'
  | 'KUBERNETES_SERVICE_PORT'

/** The operator's choice cannot be meant; the message names the variable. */
export class IsolationSettingError extends Error {
  override readonly name = 'IsolationSettingError'
}

/**
 * GUILDHALL_ISOLATION: bubblewrap (default), container, kubernetes, or process, which isolates nothing and is refused in
 * production.
 *
 * With container: GUILDHALL_CONTAINER_SOCKET, the path of the engine's Unix socket, is needed; GUILDHALL_CONTAINER_IMAGE
 * is a name that the engine has (default node:24-bookworm-slim). In a pod of a cluster, container without a socket means
 * kubernetes.
 *
 * With kubernetes: GUILDHALL_KUBERNETES_CLAIM and GUILDHALL_KUBERNETES_CLAIM_PATH are needed, a PersistentVolumeClaim and where
 * its volume is mounted here. GUILDHALL_CONTAINER_IMAGE as above, but nodes fetch it. GUILDHALL_KUBERNETES_NODE: the only node
 * that runs calls; GUILDHALL_KUBERNETES_SECCOMP: one of the nodes' own profiles; GUILDHALL_KUBERNETES_NAMESPACE (default: the
 * account's). Outside of a cluster: GUILDHALL_KUBERNETES_SERVER, like https://10.0.0.1:443, and GUILDHALL_KUBERNETES_ACCOUNT, a
 * folder with `token`, `ca.crt` and `namespace`.
 *
 * @param valueOf undefined or empty when it is not set
 * @throws IsolationSettingError
 */
export function readIsolation(
  valueOf: (name: Variable) => string | undefined,
  isProduction: boolean,
): Isolation {
  const kind = valueOf('GUILDHALL_ISOLATION') || 'bubblewrap'
  switch (kind) {
    case 'bubblewrap':
      return { kind }
    case 'container':
      if (!valueOf('GUILDHALL_CONTAINER_SOCKET') && valueOf('KUBERNETES_SERVICE_HOST'))
        return { kind: 'kubernetes', ...readKubernetes(valueOf) }
      return { kind, ...readContainer(valueOf) }
    case 'kubernetes':
      return { kind, ...readKubernetes(valueOf) }
    case 'process':
      if (!isProduction) return { kind }
      throw new IsolationSettingError(
        'GUILDHALL_ISOLATION=process isolates nothing and is refused in production',
      )
    default:
      throw new IsolationSettingError(
        `GUILDHALL_ISOLATION must be bubblewrap, container, kubernetes or process, not '${kind}'`,
      )
  }
}

function readContainer(valueOf: (name: Variable) => string | undefined) {
  const socketPath = valueOf('GUILDHALL_CONTAINER_SOCKET') || ''
  if (!isAbsolute(socketPath))
    throw new IsolationSettingError(
      "GUILDHALL_CONTAINER_SOCKET must hold the path of the container engine's socket, like /var/run/docker.sock",
    )
  return { socketPath, ...readImage(valueOf) }
}

function readImage(valueOf: (name: Variable) => string | undefined): { image?: string } {
  const image = valueOf('GUILDHALL_CONTAINER_IMAGE') || undefined
  if (image !== undefined && !isImageName(image))
    throw new IsolationSettingError(`GUILDHALL_CONTAINER_IMAGE: '${image}' is no name of an image`)
  return image === undefined ? {} : { image }
}

function readKubernetes(valueOf: (name: Variable) => string | undefined) {
  const [claim, claimPath] = [
    valueOf('GUILDHALL_KUBERNETES_CLAIM') || '',
    valueOf('GUILDHALL_KUBERNETES_CLAIM_PATH') || '',
  ]
  if (!isClusterName(claim) || !isAbsolute(claimPath))
    throw new IsolationSettingError(
      'GUILDHALL_KUBERNETES_CLAIM must name the PersistentVolumeClaim that workspaces lie on, and ' +
        'GUILDHALL_KUBERNETES_CLAIM_PATH the absolute path at which it is mounted here',
    )
  const namespace = valueOf('GUILDHALL_KUBERNETES_NAMESPACE') || undefined
  if (namespace !== undefined && !isClusterName(namespace))
    throw new IsolationSettingError(
      `GUILDHALL_KUBERNETES_NAMESPACE: '${namespace}' is no name of a namespace`,
    )
  const server = readServer(valueOf)
  const others = {
    namespace,
    server,
    node: valueOf('GUILDHALL_KUBERNETES_NODE') || undefined,
    seccompProfile: valueOf('GUILDHALL_KUBERNETES_SECCOMP') || undefined,
    accountFolder: valueOf('GUILDHALL_KUBERNETES_ACCOUNT') || undefined,
  }
  const given = Object.entries(others).filter(([, value]) => value !== undefined)
  return {
    claim,
    claimPath,
    ...readImage(valueOf),
    ...(Object.fromEntries(given) as Partial<Record<keyof typeof others, string>>),
  }
}

/** Whether it can be nothing else in the path of a request. */
const isClusterName = (name: string): boolean => /^[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/.test(name)

function readServer(valueOf: (name: Variable) => string | undefined): string | undefined {
  const host = valueOf('KUBERNETES_SERVICE_HOST') || undefined
  const own =
    host && `https://${host.includes(':') ? `[${host}]` : host}:${valueOf('KUBERNETES_SERVICE_PORT') || 443}`
  const server = valueOf('GUILDHALL_KUBERNETES_SERVER') || own
  if (server !== undefined && !(URL.canParse(server) && new URL(server).protocol === 'https:'))
    throw new IsolationSettingError(`GUILDHALL_KUBERNETES_SERVER: '${server}' is no https address`)
  return server
}

/** @param unprivilegedUid as in the options of each; of no use to plain processes */
export function createSandbox(isolation: Isolation, unprivilegedUid?: number): Sandbox {
  const user = unprivilegedUid === undefined ? {} : { unprivilegedUid }
  if (isolation.kind === 'process') return createProcessBackend()
  if (isolation.kind === 'bubblewrap') return createBubblewrapSandbox(user)
  if (isolation.kind === 'kubernetes') return createKubernetesSandbox({ ...isolation, ...user })
  const { socketPath, image } = isolation
  return createContainerSandbox({ socketPath, ...(image !== undefined && { image }), ...user })
}
