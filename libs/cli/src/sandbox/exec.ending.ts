import { constants } from 'node:os'
import type { SandboxResult } from '@guildhall/sandbox'

export const wallTimeExit = 124
export const sandboxFailedExit = 125
const killedExit = 128 + constants.signals.SIGKILL

/**
 * The status that `guildhall sandbox exec` ends with: the command's own (128 + n for signal n), 124 at the wall time, 125
 * when the sandbox failed, 137 at any other limit, 128 + n when signal n reached this command.
 */
export function exitStatusOf(
  { ending, exitCode }: Pick<SandboxResult, 'ending' | 'exitCode'>,
  canceledBy: NodeJS.Signals | undefined,
): number {
  switch (ending) {
    case 'exited':
    case 'signaled':
      return exitCode ?? sandboxFailedExit
    case 'wall-time':
      return wallTimeExit
    case 'sandbox-failed':
      return sandboxFailedExit
    case 'canceled':
      return 128 + constants.signals[canceledBy ?? 'SIGTERM']
    case 'cpu-time':
    case 'memory':
    case 'processes':
    case 'workspace':
    case 'output':
      return exitCode ?? killedExit
  }
}
