import { isAbsolute } from 'node:path'
import { createBubblewrapSandbox } from './bubblewrap/bubblewrap.sandbox.js'
import { createContainerSandbox, isImageName } from './container/container.sandbox.js'
import { createProcessBackend } from './process/process.backend.js'
import type { Sandbox } from './sandbox.js'

/** What an operator chose to isolate calls with. */
export type Isolation =
  { kind: 'bubblewrap' } | { kind: 'container'; socketPath: string; image?: string } | { kind: 'process' }

type Variable = 'GUILDHALL_ISOLATION' | 'GUILDHALL_CONTAINER_SOCKET' | 'GUILDHALL_CONTAINER_IMAGE'

/** The operator's choice cannot be meant; the message names the variable. */
export class IsolationSettingError extends Error {
  override readonly name = 'IsolationSettingError'
}

/**
 * GUILDHALL_ISOLATION: bubblewrap (default), container, or process, which isolates nothing and is refused in production.
 * With container: GUILDHALL_CONTAINER_SOCKET, the path of the engine's Unix socket, is needed; GUILDHALL_CONTAINER_IMAGE
 * is a name that the engine has (default node:24-bookworm-slim).
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
      return { kind, ...readContainer(valueOf) }
    case 'process':
      if (!isProduction) return { kind }
      throw new IsolationSettingError(
        'GUILDHALL_ISOLATION=process isolates nothing and is refused in production',
      )
    default:
      throw new IsolationSettingError(
        `GUILDHALL_ISOLATION must be bubblewrap, container or process, not '${kind}'`,
      )
  }
}

function readContainer(valueOf: (name: Variable) => string | undefined) {
  const socketPath = valueOf('GUILDHALL_CONTAINER_SOCKET') || ''
  const image = valueOf('GUILDHALL_CONTAINER_IMAGE') || undefined
  if (!isAbsolute(socketPath))
    throw new IsolationSettingError(
      "GUILDHALL_CONTAINER_SOCKET must hold the path of the container engine's socket, like /var/run/docker.sock",
    )
  if (image !== undefined && !isImageName(image))
    throw new IsolationSettingError(`GUILDHALL_CONTAINER_IMAGE: '${image}' is no name of an image`)
  return { socketPath, ...(image !== undefined && { image }) }
}

/** @param unprivilegedUid as in the options of each; of no use to plain processes */
export function createSandbox(isolation: Isolation, unprivilegedUid?: number): Sandbox {
  const user = unprivilegedUid === undefined ? {} : { unprivilegedUid }
  if (isolation.kind === 'process') return createProcessBackend()
  if (isolation.kind === 'bubblewrap') return createBubblewrapSandbox(user)
  const { socketPath, image } = isolation
  return createContainerSandbox({ socketPath, ...(image !== undefined && { image }), ...user })
}
