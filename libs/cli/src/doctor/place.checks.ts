import { stat, statfs } from 'node:fs/promises'
import { createServer } from 'node:net'
import { readStackInfo } from '@guildhall/local-stack'
import type { CliConfig } from '../cli.config.js'
import { isWell, stackStatus } from '../stack/stack.status.js'
import { bytes } from '../terminal/text.js'
import { type Check, fail, ok, warn } from './doctor.check.js'

const wantedBytes = 1024 ** 3

export async function checkDisk(config: CliConfig): Promise<Check> {
  const { bavail, bsize } = await statfs(config.root)
  const free = bavail * bsize
  return free >= wantedBytes
    ? ok('disk', `${bytes(free)} free`)
    : warn('disk', `${bytes(free)} free`, `Make room below ${config.root}: ${bytes(wantedBytes)} are wanted.`)
}

/** Whether this process may listen on a free port of the loopback. */
export async function checkPorts(): Promise<Check> {
  const port = await new Promise<number | undefined>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : undefined))
    })
  })
  return port === undefined
    ? fail('ports', 'cannot listen on 127.0.0.1', 'Allow processes here to listen on the loopback address.')
    : ok('ports', 'free ports on 127.0.0.1')
}

/** What holds secrets is its owner's alone. */
export async function checkStateDir(config: CliConfig): Promise<Check> {
  const name = 'state directory'
  for (const path of [config.stateDir, config.clientFile]) {
    const found = await stat(path).catch(() => undefined)
    if (!found) return ok(name, `${config.stateDir} (made by the first start)`)
    if (process.getuid && found.uid !== process.getuid())
      return fail(
        name,
        `${path} belongs to uid ${found.uid}`,
        'Run as that user, or remove it and start again.',
      )
    if ((found.mode & 0o077) !== 0)
      return fail(
        name,
        `${path} has mode ${(found.mode & 0o777).toString(8)}`,
        `Make it yours alone: chmod go= ${path}`,
      )
  }
  return ok(name, config.stateDir)
}

export async function checkServices(config: CliConfig): Promise<Check> {
  const info = readStackInfo(config.stateDir)
  if (!info) return warn('services', 'not running', 'Start them: guildhall up')
  const processes = await stackStatus(info)
  if (isWell(processes)) return ok('services', `${processes.length} processes are well`)
  const unwell = processes.filter((one) => !isWell([one])).map(({ name, health }) => `${name} ${health}`)
  return fail(
    'services',
    unwell.join(', '),
    `See \`guildhall status\` and the logs in ${info.stateDir}/logs.`,
  )
}
