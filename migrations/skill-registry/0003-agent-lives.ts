import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const tableOptions = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const word = (length: number) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`

/** When ephemeral agents go at the latest, and the questions whether to keep one. */
export class AgentLives1795478400001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE agents
      ADD COLUMN expires_at DATETIME(3) NULL,
      ADD KEY agents_due (state, expires_at)`)
    // Those of before get as long as new ones do by default.
    await runner.query(`UPDATE agents SET expires_at = UTC_TIMESTAMP(3) + INTERVAL 1 DAY
      WHERE ephemeral = 1 AND state = 'active'`)
    await runner.query(`CREATE TABLE agent_keepings (
      ask_id ${id} NOT NULL PRIMARY KEY,
      tenant ${word(64)} NOT NULL,
      agent_id ${id} NOT NULL,
      digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      state ${word(20)} NOT NULL,
      asked_by ${word(64)} NOT NULL,
      created_at DATETIME(3) NOT NULL,
      KEY agent_keepings_of_agent (agent_id, state)
    ) ${tableOptions}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE agent_keepings')
    await runner.query('ALTER TABLE agents DROP KEY agents_due, DROP COLUMN expires_at')
  }
}
