import { realpathSync } from 'node:fs'
import { defaultUnprivilegedUid } from './unprivileged-user.js'

/** What is fixed for one sandbox object. */
export interface SandboxSettings {
  bwrapPath: string
  nodePath: string
  /** Of this process. */
  uid: number
  unprivilegedUid: number
  disableUserNamespaces: boolean
}

/**
 * - `bwrapPath`: default `bwrap`, looked up in the usual system folders.
 * - `unprivilegedUid`: uid and gid of every call when this process is uid 0, else unused. Default 60870.
 * - `nodePath`: the host's Node binary, `node` on the PATH inside. Default the one that runs this process.
 */
export interface BubblewrapOptions {
  bwrapPath?: string
  unprivilegedUid?: number
  nodePath?: string
}

export function resolveSettings(options: BubblewrapOptions): Omit<SandboxSettings, 'disableUserNamespaces'> {
  const unprivilegedUid = options.unprivilegedUid ?? defaultUnprivilegedUid
  if (!Number.isSafeInteger(unprivilegedUid) || unprivilegedUid <= 0)
    throw new RangeError('unprivilegedUid must be a positive whole number')
  return {
    bwrapPath: options.bwrapPath ?? 'bwrap',
    nodePath: realpathSync(options.nodePath ?? process.execPath),
    uid: process.getuid?.() ?? -1,
    unprivilegedUid,
  }
}
