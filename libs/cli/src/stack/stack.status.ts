import { readFile } from 'node:fs/promises'
import type { StackInfo } from '@guildhall/local-stack'
import { probeService, type ServiceProbe } from './service.probe.js'

/** One process of the stack as `status` shows it. */
export interface ProcessStatus {
  name: string
  pid?: number
  port: number
  health: ServiceProbe['health'] | 'up' | 'down'
  uptimeMs?: number
  messages?: number
  problems: Record<string, string>
}

/** Looks at every process of a running stack. */
export async function stackStatus(info: StackInfo): Promise<ProcessStatus[]> {
  const servers = [
    { name: 'redis', server: info.redis },
    { name: 'mariadb', server: info.mariadb },
  ].map(async ({ name, server }): Promise<ProcessStatus> => {
    const { pid, port } = server
    if (pid === undefined) return { name, port, health: 'down', problems: {} }
    const uptimeMs = await processAgeMs(pid)
    return { name, pid, port, health: 'up', problems: {}, ...(uptimeMs !== undefined && { uptimeMs }) }
  })
  const services = Object.entries(info.services).map(async ([name, service]): Promise<ProcessStatus> => {
    const { pid, httpPort: port } = service
    if (pid === undefined) return { name, port, health: 'down', problems: {} }
    return { name, pid, port, ...(await probeService(port)) }
  })
  return Promise.all([...servers, ...services])
}

/** Whether everything takes work. */
export function isWell(processes: readonly ProcessStatus[]): boolean {
  return processes.every(({ health }) => health === 'up' || health === 'ready')
}

/** How long a process has been running; undefined where the system does not say (no /proc). */
async function processAgeMs(pid: number): Promise<number | undefined> {
  try {
    const [stat, uptime] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile('/proc/uptime', 'utf8'),
    ])
    // Field 22 is the start in ticks of 1/100 s since boot; the name in field 2 may hold blanks and brackets.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    return Number(uptime.split(' ')[0]) * 1_000 - ticks * 10
  } catch {
    return undefined
  }
}
