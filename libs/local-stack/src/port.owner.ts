import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

// /proc/net/tcp: "sl local_address rem_address st … uid timeout inode"; state 0A is LISTEN, ports are in hex.
const listening = '0A'

/**
 * Whether this very process listens on the TCP port: somebody else's server on it would answer a probe just as well.
 * True where the system does not tell (not Linux).
 */
export function listensOn(pid: number, port: number): boolean {
  if (process.platform !== 'linux') return true
  const inodes = new Set(['tcp', 'tcp6'].flatMap((table) => listenersOf(table, port)))
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(socketOf(`/proc/${pid}/fd/${fd}`)))
  } catch {
    return false
  }
}

function listenersOf(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  return read(`/proc/net/${table}`)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hexPort}`) && fields[3] === listening)
    .map((fields) => `socket:[${fields[9]}]`)
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function socketOf(link: string): string {
  try {
    return readlinkSync(link)
  } catch {
    return ''
  }
}
