import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const options = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const ascii = 'CHARACTER SET ascii COLLATE ascii_bin'

export class TokensAndPolicies1795392000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE tokens (
      id CHAR(36) ${ascii} NOT NULL PRIMARY KEY,
      sha256 CHAR(64) ${ascii} NOT NULL,
      client_id VARCHAR(64) ${ascii} NOT NULL,
      label VARCHAR(100) NOT NULL,
      created_at DATETIME(3) NOT NULL,
      expires_at DATETIME(3) NULL,
      revoked_at DATETIME(3) NULL,
      UNIQUE KEY tokens_sha256 (sha256),
      KEY tokens_client (client_id, created_at)
    ) ${options}`)
    await runner.query(`INSERT INTO tokens (id, sha256, client_id, label, created_at)
      SELECT UUID(), token_sha256, id, 'clients file', UTC_TIMESTAMP(3) FROM clients`)
    await runner.query(`ALTER TABLE clients ADD COLUMN reply_stream VARCHAR(128) ${ascii} NULL`)
    // Whoever was known before listens where it always did.
    await runner.query('UPDATE clients SET reply_stream = id')
    await runner.query(`ALTER TABLE clients
      MODIFY COLUMN reply_stream VARCHAR(128) ${ascii} NOT NULL,
      ADD UNIQUE KEY clients_reply_stream (reply_stream),
      DROP KEY clients_token,
      DROP COLUMN token_sha256`)
    await runner.query(`CREATE TABLE policies (
      version INT NOT NULL PRIMARY KEY,
      rules JSON NOT NULL,
      author VARCHAR(64) ${ascii} NULL,
      created_at DATETIME(3) NULL
    ) ${options}`)
    await runner.query(`INSERT INTO policies (version, rules) VALUES (0, '{}')`)
  }

  /** Of the tokens of a client only the newest survives. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE policies')
    await runner.query(`ALTER TABLE clients DROP KEY clients_reply_stream, DROP COLUMN reply_stream,
      ADD COLUMN token_sha256 CHAR(64) ${ascii} NULL`)
    await runner.query(`UPDATE clients SET token_sha256 = (SELECT sha256 FROM tokens
      WHERE client_id = clients.id AND revoked_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1)`)
    await runner.query('DELETE FROM clients WHERE token_sha256 IS NULL')
    await runner.query(`ALTER TABLE clients MODIFY COLUMN token_sha256 CHAR(64) ${ascii} NOT NULL,
      ADD UNIQUE KEY clients_token (token_sha256)`)
    await runner.query('DROP TABLE tokens')
  }
}
