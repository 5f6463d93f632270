/**
 * The statement that creates `state_entries`, version 1: the persistent half of a StateManager. The service that keeps
 * state runs it in a migration. Frozen: a later change is a migration of its own.
 *
 * Space and key are bytes, so that case, accents and trailing spaces tell keys apart on every server.
 */
export function stateTables(): string[] {
  return [
    `CREATE TABLE state_entries (
      space VARBINARY(200) NOT NULL,
      entry_key VARBINARY(2048) NOT NULL,
      value MEDIUMTEXT NOT NULL,
      version BIGINT NOT NULL,
      expires_at DATETIME(3) NULL,
      updated_at DATETIME(3) NOT NULL,
      PRIMARY KEY (space, entry_key),
      KEY state_entries_expires (expires_at)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`,
  ]
}
