import { rmSync } from 'node:fs'

import type { ServiceName } from '@guildhall/contracts'

import { readJsonFile, writePrivateFile } from './private.file.js'
import { stateDirAt, type StateDir } from './state.dir.js'
import { livingSupervisor } from './supervisor.lock.js'

export interface ServerInfo {
  readonly host: string
  readonly port: number
  /** Absent while it is down. */
  readonly pid?: number
}

export interface ServiceInfo {
  /** Absent while it is down. */
  readonly pid?: number
  readonly httpPort: number
  readonly instance: string
}

/** What runs where. */
export interface StackInfo {
  readonly root: string
  readonly stateDir: string
  readonly supervisorPid: number
  /** ISO 8601, UTC. */
  readonly startedAt: string
  readonly servers: 'native' | 'docker'
  /** Names of the shards that its streams lie in. */
  readonly shards: readonly string[]
  readonly redis: ServerInfo
  readonly mariadb: ServerInfo
  readonly services: Readonly<Partial<Record<ServiceName, ServiceInfo>>>
}

/**
 * What runs for this state directory, as its supervisor last wrote it; undefined when no supervisor lives, or it is still
 * starting.
 */
export function readStackInfo(stateDir: string): StackInfo | undefined {
  const dir = stateDirAt(stateDir)
  const info = readJsonFile(dir.recordFile) as StackInfo | undefined
  return info !== undefined && livingSupervisor(dir.lockFile)?.pid === info.supervisorPid ? info : undefined
}

export function writeStackInfo(dir: StateDir, info: StackInfo): void {
  writePrivateFile(dir.recordFile, JSON.stringify(info, undefined, 2))
}

export function removeStackInfo(dir: StateDir): void {
  rmSync(dir.recordFile, { force: true })
}
