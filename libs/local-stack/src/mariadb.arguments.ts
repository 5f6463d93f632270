import { join } from 'node:path/posix'

/** Flags that shape the data folder when it is made, and must be the same whenever it is opened. */
const dataFlags = ['--innodb-log-file-size=32M']

export interface MariadbFolder {
  /** Holds the data, the accounts and the temporary files; as the server itself sees it. */
  readonly dir: string
  /** MariaDB insists on being told that it runs as root; as anybody else it must not be. */
  readonly isRoot: boolean
}

/** The command line of mariadbd. Durability stays at the default: a commit is on the disk. */
export function serverArguments(
  folder: MariadbFolder & { readonly bind: string; readonly port: number; readonly socket: string },
): string[] {
  return [
    ...folderArguments(folder, 'data'),
    `--socket=${folder.socket}`,
    `--pid-file=${join(folder.dir, 'mariadb.pid')}`,
    `--init-file=${join(folder.dir, 'accounts.sql')}`,
    `--port=${folder.port}`,
    `--bind-address=${folder.bind}`,
    '--skip-log-bin',
    '--local-infile=OFF',
    '--max-connections=400',
    '--innodb-buffer-pool-size=128M',
    '--character-set-server=utf8mb4',
    '--collation-server=utf8mb4_unicode_520_ci',
  ]
}

/** The command line of mariadb-install-db. */
export function installArguments(folder: MariadbFolder, dataName: string): string[] {
  return [
    ...folderArguments(folder, dataName),
    // Root without a password, but only for root of this system and over the socket; others have accounts of their own.
    '--auth-root-authentication-method=socket',
    '--skip-test-db',
  ]
}

function folderArguments({ dir, isRoot }: MariadbFolder, dataName: string): string[] {
  return [
    '--no-defaults',
    ...(isRoot ? ['--user=root'] : []),
    `--datadir=${join(dir, dataName)}`,
    `--tmpdir=${join(dir, 'tmp')}`,
    '--skip-name-resolve',
    ...dataFlags,
  ]
}
