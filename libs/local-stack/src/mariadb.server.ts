import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { freePort } from './free.port.js'
import { ambientPath } from './local-stack.config.js'
import { mariadbAdmin } from './mariadb.accounts.js'
import { installArguments, serverArguments } from './mariadb.arguments.js'
import { provideMariadbFolder } from './mariadb.folder.js'
import { mariadbAnswers } from './mariadb.probe.js'
import { runServer, type RunningServer, type ServerPlan } from './running.server.js'
import { requireProgram } from './search.path.js'
import { randomSecret } from './secret.files.js'

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

export interface MariadbPlanOptions extends MariadbOptions {
  readonly port: number
  readonly adminPassword: string
}

/** Makes the data folder when there is none, and says how to run the server on it. */
export async function planMariadb(options: MariadbPlanOptions): Promise<ServerPlan> {
  const { dir, port, adminPassword } = options
  const path = options.path ?? ambientPath()
  const command = requireProgram('mariadb', 'mariadbd', 'mariadb-server-core', path)
  const folder = { dir, isRoot: process.getuid?.() === 0 }
  await provideMariadbFolder(dir, {
    adminPassword,
    adminHosts: ['127.0.0.1', 'localhost'],
    install: (dataName) =>
      withPlainPath(dir, async (plain) => {
        // Loaded for the first start of a folder alone.
        const { execa } = await import('execa')
        return execa(
          requireProgram('mariadb', 'mariadb-install-db', 'mariadb-server-core', path),
          installArguments({ ...folder, dir: plain }, dataName),
          { env: { PATH: path }, extendEnv: false, cwd: dir, all: true, reject: false },
        )
      }),
  })
  return {
    name: 'mariadb',
    host: '127.0.0.1',
    port,
    command,
    // The socket relative, so that it lies in the data folder at any depth: a path of a socket holds 107 bytes on Linux.
    args: serverArguments({ ...folder, bind: '127.0.0.1', port, socket: socketName }),
    env: { PATH: path },
    cwd: dir,
    logFile: options.logFile ?? join(dir, 'mariadb.log'),
    marker: join(dir, 'data'),
    listensOn: port,
    // After a crash the log is replayed first.
    readyTimeoutMs: 120_000,
    stopTimeoutMs: 20_000,
    stopsOnlyWhenReady: true,
    isReady: () => mariadbAnswers(port),
  }
}

/** The installer is a shell script that does not quote its paths: it gets one without spaces, by a link. */
async function withPlainPath<T>(dir: string, work: (plain: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'guildhall-'))
  const plain = join(folder, 'mariadb')
  try {
    await symlink(dir, plain)
    return await work(plain)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
