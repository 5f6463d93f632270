import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const ascii = 'CHARACTER SET ascii COLLATE ascii_bin'

export class DeadLetters1795392000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE dead_letters (
      id CHAR(36) ${ascii} NOT NULL PRIMARY KEY,
      shard VARCHAR(32) ${ascii} NOT NULL,
      service VARCHAR(64) ${ascii} NOT NULL,
      entry_id VARCHAR(41) ${ascii} NOT NULL,
      message_id CHAR(36) ${ascii} NULL,
      type VARCHAR(100) NULL,
      tenant VARCHAR(100) NULL,
      task_id CHAR(36) ${ascii} NULL,
      trace_id CHAR(32) ${ascii} NULL,
      code VARCHAR(100) NOT NULL,
      message VARCHAR(1000) NOT NULL,
      attempts INT NOT NULL,
      at DATETIME(3) NOT NULL,
      fields LONGTEXT NULL,
      payload LONGBLOB NULL,
      redrives INT NOT NULL DEFAULT 0,
      state VARCHAR(10) ${ascii} NOT NULL,
      UNIQUE KEY dead_letters_entry (service, shard, entry_id),
      KEY dead_letters_state (state, at, id),
      KEY dead_letters_message (message_id)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE dead_letters')
  }
}
