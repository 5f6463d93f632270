import { createHash } from 'node:crypto'

/** The account that makes schemas, users and tables. */
export const mariadbAdmin = 'guildhall_admin'

/**
 * What MariaDB runs at each start before it listens: one administrator with this password, nobody without one. Holds the
 * password's hash only, and a changed password takes effect with the next start.
 *
 * @param hosts from where the administrator may come
 */
export function renderAccounts(password: string, hosts: readonly string[]): string {
  const hash = nativePasswordHash(password)
  return hosts
    .map((host) => `'${mariadbAdmin}'@'${host}'`)
    .flatMap((account) => [
      `CREATE USER IF NOT EXISTS ${account} IDENTIFIED VIA mysql_native_password USING '${hash}';`,
      `ALTER USER ${account} IDENTIFIED VIA mysql_native_password USING '${hash}';`,
      `GRANT ALL PRIVILEGES ON *.* TO ${account} WITH GRANT OPTION;`,
      '',
    ])
    .join('\n')
}

/** mysql_native_password stores `*` and the upper-case hex of SHA1(SHA1(password)). */
export function nativePasswordHash(password: string): string {
  const sha1 = (bytes: string | Buffer) => createHash('sha1').update(bytes).digest()
  return `*${sha1(sha1(password)).toString('hex').toUpperCase()}`
}
