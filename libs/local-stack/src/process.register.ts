import { setTimeout as sleep } from 'node:timers/promises'

import { writePrivateFile, readJsonFile } from './private.file.js'
import { identify, isProcessIdentity, isRunning, type ProcessIdentity } from './process.identity.js'

/**
 * The processes that this stack has running, on disk as well: after a SIGKILL of the supervisor the next start finds
 * there what to end.
 */
export class ProcessRegister {
  readonly #processes = new Map<string, ProcessIdentity>()

  constructor(private readonly file: string) {}

  /** To be called in the same tick as the spawn. */
  add(name: string, pid: number, marker: string): void {
    const identity = identify(pid, marker)
    if (identity === undefined) return
    this.#processes.set(name, identity)
    this.#write()
  }

  remove(name: string, pid: number): void {
    if (this.#processes.get(name)?.pid !== pid) return
    this.#processes.delete(name)
    try {
      this.#write()
    } catch {
      // Somebody removed the state directory. What has ended needs no entry; a stale one is told by its start time.
    }
  }

  /** Names of those that still run. */
  running(): string[] {
    return [...this.#processes].filter(([, identity]) => isRunning(identity)).map(([name]) => name)
  }

  /** Asks all of them to end, without waiting: for the last moment of this process. */
  signalAll(signal: NodeJS.Signals): void {
    for (const identity of this.#processes.values()) signalProcess(identity, signal)
  }

  #write(): void {
    writePrivateFile(this.file, JSON.stringify(Object.fromEntries(this.#processes)))
  }
}

/** Ends what an earlier supervisor had registered in this file and did not live to stop. Returns their names. */
export async function endLeftovers(file: string, graceMs = 10_000): Promise<string[]> {
  const left = Object.entries(readJsonFile(file) ?? {}).filter(
    (entry): entry is [string, ProcessIdentity] => isProcessIdentity(entry[1]) && isRunning(entry[1]),
  )
  const identities = left.map(([, identity]) => identity)
  for (const identity of identities) signalProcess(identity, 'SIGTERM')
  if (!(await areGone(identities, graceMs))) {
    for (const identity of identities) signalProcess(identity, 'SIGKILL')
    await areGone(identities, 5_000)
  }
  return left.map(([name]) => name)
}

async function areGone(identities: ProcessIdentity[], withinMs: number): Promise<boolean> {
  const deadline = Date.now() + withinMs
  while (identities.some(isRunning)) {
    if (Date.now() > deadline) return false
    await sleep(25)
  }
  return true
}

function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (!isRunning(identity)) return
  try {
    process.kill(identity.pid, signal)
  } catch {
    // It ended between the look and the signal.
  }
}
