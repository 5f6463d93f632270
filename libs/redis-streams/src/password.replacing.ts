import { passwordRules } from './acl.file.js'
import { PrimaryLinks } from './primary.links.js'
import type { StreamsConnection } from './redis.link.js'

/**
 * Makes these the only passwords of a user, in the running Redis alone: its ACL file is the caller's. Connections stay as
 * they are, unlike with ACL LOAD, which ends those of all users. Idempotent.
 * @param admin the user `admin`.
 * @param hashes SHA-256 in hex.
 */
export async function setPasswords(
  admin: StreamsConnection,
  user: string,
  hashes: readonly string[],
): Promise<void> {
  await asAdmin(admin, ['ACL', 'SETUSER', user, 'resetpass', ...passwordRules(user, hashes)])
}

/** Ends all connections of a user, however they once logged in; those who own them make new ones. */
export async function endConnections(admin: StreamsConnection, user: string): Promise<void> {
  await asAdmin(admin, ['CLIENT', 'KILL', 'USER', user])
}

async function asAdmin(admin: StreamsConnection, [command = '', ...rest]: string[]): Promise<void> {
  const primaries = new PrimaryLinks(admin, 'guildhall:replace-password')
  try {
    // No node of a cluster tells another one of users.
    await primaries.eachNode((redis) => redis.call(command, ...rest))
  } finally {
    await primaries.close()
  }
}
