/**
 * The statements that create `inbox` and `outbox`, version 1. Every service's first migration runs them. They are
 * frozen: a later change is a migration of its own.
 *
 * `inbox`: a row per message handled, written with the effect. `outbox`: a row per message said; `sent_at` is NULL
 * until it is on the service's stream. Times are UTC by the server's clock.
 */
export function messagingTables(): string[] {
  return [
    `CREATE TABLE inbox (
      message_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      type VARCHAR(100) NOT NULL,
      handled_at DATETIME(3) NOT NULL,
      PRIMARY KEY (message_id),
      KEY inbox_handled_at (handled_at)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`,
    `CREATE TABLE outbox (
      id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      header MEDIUMTEXT NOT NULL,
      data MEDIUMTEXT NOT NULL,
      created_at DATETIME(3) NOT NULL,
      sent_at DATETIME(3) NULL,
      PRIMARY KEY (id),
      KEY outbox_unsent (sent_at, created_at)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`,
  ]
}
