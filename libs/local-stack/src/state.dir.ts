import { chmodSync, mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** Where everything of one checkout's stack lies. Each folder is 0700: only its owner looks inside. */
export interface StateDir {
  readonly path: string
  readonly redis: string
  readonly mariadb: string
  readonly executor: string
  readonly secrets: string
  /** Secrets that functions use: `<tenant>/<name>`, put there by whoever runs the stack. */
  readonly functionSecrets: string
  readonly logs: string
  readonly lockFile: string
  readonly processesFile: string
  readonly portsFile: string
  readonly recordFile: string
  readonly clientsFile: string
  readonly clientFile: string
}

/** The layout alone; touches nothing. */
export function stateDirAt(path: string): StateDir {
  const absolute = resolve(path)
  const run = join(absolute, 'run')
  return {
    path: absolute,
    redis: join(absolute, 'redis'),
    mariadb: join(absolute, 'mariadb'),
    executor: join(absolute, 'executor'),
    secrets: join(absolute, 'secrets'),
    functionSecrets: join(absolute, 'function-secrets'),
    logs: join(absolute, 'logs'),
    lockFile: join(run, 'supervisor.json'),
    processesFile: join(run, 'processes.json'),
    portsFile: join(run, 'ports.json'),
    recordFile: join(run, 'stack.json'),
    clientsFile: join(run, 'clients.json'),
    clientFile: join(absolute, 'client.json'),
  }
}

/** Makes the folders, private to this user whatever the umask says. Idempotent. */
export function makeStateDir(dir: StateDir): void {
  for (const folder of [
    dir.path,
    dir.redis,
    dir.mariadb,
    dir.executor,
    dir.secrets,
    dir.functionSecrets,
    dir.logs,
    join(dir.path, 'run'),
  ]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  }
}
