import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'

import { execa } from 'execa'

import { freePort } from './free.port.js'
import { ambientPath } from './local-stack.config.js'
import { mariadbAdmin, renderAccounts } from './mariadb.accounts.js'
import { mariadbAnswers } from './mariadb.probe.js'
import { writePrivateFile } from './private.file.js'
import { runServer, type RunningServer, type ServerPlan } from './running.server.js'
import { requireProgram } from './search.path.js'
import { randomSecret } from './secret.files.js'
import { StackError } from './stack.error.js'

export interface MariadbOptions {
  /** Data, socket and, unless told otherwise, the log. Made and initialised when absent. */
  readonly dir: string
  /** Default: a free one. */
  readonly port?: number
  /** Default: a random one, in the result. Given again after a restart, the new one counts. */
  readonly adminPassword?: string
  /** Default: `<dir>/mariadb.log`. */
  readonly logFile?: string
  /** Where to look for the programs. Default: PATH and the system's administration directories. */
  readonly path?: string
}

export interface RunningMariadb extends RunningServer {
  /** An account with all rights, over TCP from this machine and over the socket. */
  readonly adminUser: string
  readonly adminPassword: string
  /** In a deep folder longer than a client can connect to (107 bytes on Linux); host and port always work. */
  readonly socketPath: string
}

/**
 * Starts a private MariaDB on 127.0.0.1 that keeps its data in `dir`. The caller stops it.
 *
 * @throws StackError with advice when a program is missing, or the data cannot be made or opened
 */
export async function startMariadb(options: MariadbOptions): Promise<RunningMariadb> {
  const adminPassword = options.adminPassword ?? randomSecret()
  const port = options.port ?? (await freePort())
  const server = await runServer(await planMariadb({ ...options, adminPassword, port }))
  return {
    ...server,
    adminUser: mariadbAdmin,
    adminPassword,
    socketPath: join(options.dir, 'data', socketName),
  }
}

const socketName = 'mariadb.sock'

// Flags that shape the data folder when it is made, and must be the same whenever it is opened.
const dataFlags = ['--innodb-log-file-size=32M']

export interface MariadbPlanOptions extends MariadbOptions {
  readonly port: number
  readonly adminPassword: string
}

/** Makes the data folder when there is none, and says how to run the server on it. */
export async function planMariadb(options: MariadbPlanOptions): Promise<ServerPlan> {
  const { dir, port } = options
  const path = options.path ?? ambientPath()
  const command = requireProgram('mariadb', 'mariadbd', 'mariadb-server-core', path)
  const dataDir = join(dir, 'data')
  const accountsFile = join(dir, 'accounts.sql')
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  writePrivateFile(accountsFile, renderAccounts(options.adminPassword, ['127.0.0.1', 'localhost']))
  // Of its own: a starting MariaDB deletes the temporary tables of every other one that shares its folder for them.
  const temporaryDir = join(dir, 'tmp')
  mkdirSync(temporaryDir, { recursive: true, mode: 0o700 })
  if (!existsSync(dataDir)) await makeData(dir, dataDir, temporaryDir, path)
  return {
    name: 'mariadb',
    host: '127.0.0.1',
    port,
    command,
    args: [
      '--no-defaults',
      ...asRoot(),
      `--datadir=${dataDir}`,
      // Relative, so that it lies in the data folder at any depth: a path of a socket holds 107 bytes on Linux.
      `--socket=${socketName}`,
      `--tmpdir=${temporaryDir}`,
      `--pid-file=${join(dir, 'mariadb.pid')}`,
      `--init-file=${accountsFile}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      ...serverFlags,
    ],
    env: { PATH: path },
    cwd: dir,
    logFile: options.logFile ?? join(dir, 'mariadb.log'),
    marker: dataDir,
    listensOn: port,
    // After a crash the log is replayed first.
    readyTimeoutMs: 120_000,
    stopTimeoutMs: 20_000,
    stopsOnlyWhenReady: true,
    isReady: () => mariadbAnswers(port),
  }
}

/** What any MariaDB of ours runs with, in a container too. Durability stays at the default: a commit is on the disk. */
export const serverFlags: readonly string[] = [
  '--skip-name-resolve',
  '--skip-log-bin',
  '--local-infile=OFF',
  '--max-connections=400',
  '--innodb-buffer-pool-size=128M',
  '--character-set-server=utf8mb4',
  '--collation-server=utf8mb4_unicode_520_ci',
  ...dataFlags,
]

// Made aside and renamed: a start that is interrupted here leaves no half folder that the next one would open.
async function makeData(dir: string, dataDir: string, temporaryDir: string, path: string): Promise<void> {
  const program = requireProgram('mariadb', 'mariadb-install-db', 'mariadb-server-core', path)
  const draft = join(dir, 'data.new')
  rmSync(draft, { recursive: true, force: true })
  const args = [
    '--no-defaults',
    `--datadir=${draft}`,
    `--tmpdir=${temporaryDir}`,
    ...asRoot(),
    // Root without a password, but only for root of this system and over the socket; others have accounts of their own.
    '--auth-root-authentication-method=socket',
    '--skip-test-db',
    '--skip-name-resolve',
    ...dataFlags,
  ]
  const result = await execa(program, args, {
    env: { PATH: path },
    extendEnv: false,
    cwd: dir,
    all: true,
    reject: false,
  })
  if (result.failed) {
    rmSync(draft, { recursive: true, force: true })
    throw new StackError(
      'mariadb',
      'MariaDB could not make its data folder.',
      // After that line comes a page about where to ask.
      `mariadb-install-db said:\n${result.all.split('\nInstallation of system tables failed')[0]}`,
    )
  }
  renameSync(draft, dataDir)
}

// As root MariaDB insists on being told; as anybody else it must not be.
function asRoot(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : []
}
