import { defaultUnprivilegedUid } from '../bubblewrap/unprivileged-user.js'
import { ownMark } from '../watch/owner-mark.js'
import type { ContainerEngine, EngineImage } from './container.engine.js'

export const defaultImage = 'node:24-bookworm-slim'

/**
 * - `socketPath`: absolute path of the Unix socket on which the engine (Docker, or Podman as root) of this machine answers.
 * - `image`: name of an image that the engine has; it is never pulled. It needs /bin/sh, /usr/bin/env,
 *   /usr/bin/timeout, bash, `node` (18 or later), grep, and the core utilities and find of GNU.
 *   Default node:24-bookworm-slim.
 * - `unprivilegedUid`: uid and gid of every call when this process is uid 0; otherwise they are this process's own.
 *   Default 60870.
 */
export interface ContainerOptions {
  socketPath: string
  image?: string
  unprivilegedUid?: number
}

/** What every call of one sandbox object is made with. */
export interface ContainerSettings {
  engine: ContainerEngine
  imageName: string
  image: EngineImage
  uid: number
  gid: number
  /** JSON. */
  seccompProfile: string
  boundsMemory: boolean
  boundsProcesses: boolean
}

/** Under whom a call's files belong to this process's user, or to nobody who matters when that is root. */
export function callUser(unprivilegedUid = defaultUnprivilegedUid): { uid: number; gid: number } {
  const own = process.getuid?.() ?? 0
  return own === 0
    ? { uid: unprivilegedUid, gid: unprivilegedUid }
    : { uid: own, gid: process.getgid?.() ?? own }
}

let count = 0

/** Names one call of this process, on this machine for ever. */
export const nextOwner = (): string => `${ownMark()}-${++count}`
