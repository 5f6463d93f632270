import { readlinkSync } from 'node:fs'
import { identify, isAlive } from './process-identity.js'

let own: string | undefined

function pidNamespace(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/**
 * Names this process for ever, as part of a file name: what carries the mark of a dead process was left behind.
 * Processes of another PID namespace cannot be looked at, so the mark names that too.
 */
export function ownMark(): string {
  own ??= `${pidNamespace()}-${process.pid}-${identify(process.pid).startTime ?? '0'}`
  return own
}

/** Whether a name that starts with `prefix` and a mark was left by a process that is dead. */
export function isLeftBehind(name: string, prefix: string): boolean {
  const [, namespace, pid, startTime] = /^(\d+)-(\d+)-(\d+)-/.exec(name.slice(prefix.length)) ?? []
  if (!name.startsWith(prefix) || pid === undefined || namespace !== pidNamespace()) return false
  return !isAlive({ pid: Number(pid), startTime })
}
