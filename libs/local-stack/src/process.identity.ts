import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/**
 * Names one process for good: a pid alone may belong to somebody else tomorrow, together with the boot and the moment
 * of its start it cannot.
 */
export interface ProcessIdentity {
  readonly pid: number
  /** Boot and start time, as the system tells them; compared only. */
  readonly startedAt: string
  /** A part of its command line. */
  readonly marker: string
}

/** Undefined when there is no such process any more. */
export function identify(pid: number, marker: string): ProcessIdentity | undefined {
  const startedAt = startOf(pid)
  return startedAt === undefined ? undefined : { pid, startedAt, marker }
}

/** Whether exactly this process still runs; a zombie does not. */
export function isRunning(identity: ProcessIdentity): boolean {
  if (startOf(identity.pid) !== identity.startedAt) return false
  const command = commandOf(identity.pid)
  // While it ends it has no command line any more, and may still hold its port.
  return command === '' || command.includes(identity.marker)
}

export function isProcessIdentity(value: unknown): value is ProcessIdentity {
  const candidate = value as Partial<ProcessIdentity> | null
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.pid === 'number' &&
    candidate.pid > 1 &&
    typeof candidate.startedAt === 'string' &&
    typeof candidate.marker === 'string'
  )
}

function startOf(pid: number): string | undefined {
  if (process.platform !== 'linux') return ps(pid, 'lstart=') || undefined
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // proc(5): the command stands in brackets and may hold anything, brackets too; state is field 3, start time field 22.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined
    return `${boot} ${fields[19]}`
  } catch {
    return undefined
  }
}

function commandOf(pid: number): string {
  if (process.platform !== 'linux') return ps(pid, 'command=')
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}

function ps(pid: number, column: string): string {
  try {
    return execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}
