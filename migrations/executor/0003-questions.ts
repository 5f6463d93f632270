import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'

export class Questions1795564800000 implements MigrationInterface {
  readonly name = 'Questions1795564800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE runs
        ADD COLUMN waiting_since DATETIME(3) NULL AFTER started_at,
        ADD COLUMN waited_ms BIGINT NOT NULL DEFAULT 0 AFTER waiting_since`,
    )
    await runner.query(questions)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE questions')
    await runner.query('ALTER TABLE runs DROP COLUMN waiting_since, DROP COLUMN waited_ms')
  }
}

const questions = `CREATE TABLE questions (
  ask_id ${id} NOT NULL,
  run_id ${id} NOT NULL,
  step_index INT NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  asked_at DATETIME(3) NOT NULL,
  answer JSON NULL,
  answered_at DATETIME(3) NULL,
  used_at DATETIME(3) NULL,
  PRIMARY KEY (ask_id),
  KEY questions_step (run_id, step_index)
) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`
