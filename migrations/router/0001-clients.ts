import { type MigrationInterface, messagingTables, type QueryRunner } from '@guildhall/mysql'

export class Clients1763800000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of messagingTables()) await runner.query(statement)
    await runner.query(`CREATE TABLE clients (
      id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
      tenant VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      roles JSON NOT NULL,
      token_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      revoked_at DATETIME(3) NULL,
      UNIQUE KEY clients_token (token_sha256)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['clients', 'outbox', 'inbox']) await runner.query(`DROP TABLE ${table}`)
  }
}
