import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const tableOptions = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const word = (length: number) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`
const sha256 = 'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin'

/**
 * Match decisions keep what is needed to reproduce them, and what a person answered. Proposals keep exactly what a
 * person is asked to approve, and end. `learnt_examples` has the task texts that people confirmed, for each skill.
 * Rows of the release before have no value in the new columns.
 */
export class Choices1795478400004 implements MigrationInterface {
  readonly name = 'Choices1795478400004'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE match_decisions
      ADD COLUMN requester JSON NULL,
      ADD COLUMN evidence JSON NULL,
      ADD COLUMN answer ${word(20)} NULL,
      ADD KEY match_decisions_by_age (created_at)`)
    await runner.query(`ALTER TABLE proposals
      ADD COLUMN content JSON NULL,
      ADD COLUMN match_id ${id} NULL,
      ADD COLUMN ended_at DATETIME(3) NULL,
      ADD KEY proposals_by_state (tenant, state),
      ADD KEY proposals_by_age (state, created_at)`)
    await runner.query(`CREATE TABLE learnt_examples (
      tenant ${word(64)} NOT NULL,
      skill ${word(64)} NOT NULL,
      digest ${sha256} NOT NULL,
      example TEXT NOT NULL,
      task_id ${id} NOT NULL,
      learnt_at DATETIME(3) NOT NULL,
      PRIMARY KEY (tenant, skill, digest)
    ) ${tableOptions}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE learnt_examples')
    await runner.query(`ALTER TABLE proposals
      DROP KEY proposals_by_age, DROP KEY proposals_by_state,
      DROP COLUMN ended_at, DROP COLUMN match_id, DROP COLUMN content`)
    await runner.query(`ALTER TABLE match_decisions
      DROP KEY match_decisions_by_age,
      DROP COLUMN answer, DROP COLUMN evidence, DROP COLUMN requester`)
  }
}
