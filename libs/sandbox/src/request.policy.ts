import { assertArgv, assertEnvironment } from './environment.policy.js'
import { assertLimits } from './limits.js'
import { assertMounts, assertPlainPath } from './mounts.policy.js'
import type { SandboxRequest, SandboxSurroundings } from './sandbox.js'

/**
 * What no sandbox is made with, whatever isolates it.
 *
 * @throws InvalidRequestError
 * @throws InvalidMountError
 */
export function assertSurroundings({ limits, workspace, mounts }: SandboxSurroundings): void {
  assertLimits(limits)
  assertPlainPath(workspace)
  assertMounts(mounts)
}

/**
 * What no call begins with, whatever isolates it.
 *
 * @throws InvalidRequestError
 * @throws InvalidMountError
 */
export function assertRequest(request: SandboxRequest): void {
  assertArgv(request.argv)
  assertEnvironment(request.env)
  assertSurroundings(request)
}
