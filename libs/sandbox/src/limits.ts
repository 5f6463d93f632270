import { InvalidRequestError } from './sandbox.errors.js'

const MEBIBYTE = 1024 * 1024
const MAX_TIMER_MS = 2 ** 31 - 1

/**
 * Limits of one call, all required.
 *
 * - `wallMs` from start to kill.
 * - `memoryBytes` private and shared memory of all processes together; each process alone may also reserve no more
 *   than `memoryBytes` + 2 GiB of address space (Node needs about 2 GiB only to start).
 * - `processes` tasks (threads count) at the same time, bubblewrap's init included.
 * - `outputBytes` stdout and stderr together.
 * - `fileBytes` size of any one file. `openFiles` descriptors per process. `cpuSeconds` per process.
 * - `tmpBytes` size of /tmp. `shmBytes` size of /dev/shm.
 * - `workspaceBytes` disk blocks of the whole workspace, what was there before included.
 * - `workspaceEntries` files, folders and links in it: without it, empty files would fill the inode table for free.
 */
export interface SandboxLimits {
  wallMs: number
  memoryBytes: number
  processes: number
  outputBytes: number
  fileBytes: number
  openFiles: number
  cpuSeconds: number
  tmpBytes: number
  shmBytes: number
  workspaceBytes: number
  workspaceEntries: number
}

export const defaultLimits: Readonly<SandboxLimits> = Object.freeze({
  wallMs: 60_000,
  memoryBytes: 512 * MEBIBYTE,
  processes: 128,
  outputBytes: MEBIBYTE,
  fileBytes: 256 * MEBIBYTE,
  openFiles: 256,
  cpuSeconds: 60,
  tmpBytes: 64 * MEBIBYTE,
  shmBytes: 64 * MEBIBYTE,
  workspaceBytes: 1024 * MEBIBYTE,
  workspaceEntries: 65_536,
})

/** @throws InvalidRequestError */
export function assertLimits(limits: SandboxLimits): void {
  for (const name of Object.keys(defaultLimits) as (keyof SandboxLimits)[]) {
    const value = limits[name]
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new InvalidRequestError(`limits.${name} must be a positive whole number, got ${String(value)}`)
  }
  if (limits.wallMs > MAX_TIMER_MS)
    throw new InvalidRequestError(`limits.wallMs must be at most ${MAX_TIMER_MS}`)
}
