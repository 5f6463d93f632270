import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const ends = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'

/** Tasks that runs hand on and wait for, and the keys that agents keep values under. */
export class Delegation1795651200005 implements MigrationInterface {
  readonly name = 'Delegation1795651200005'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `ALTER TABLE runs
        ADD COLUMN waiting_until DATETIME(3) NULL AFTER waiting_since,
        ADD KEY runs_waiting (state, waiting_until)`,
    )
    await runner.query(delegations)
    await runner.query(agentStateKeys)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['agent_state_keys', 'delegations']) await runner.query(`DROP TABLE ${table}`)
    await runner.query('ALTER TABLE runs DROP KEY runs_waiting, DROP COLUMN waiting_until')
  }
}

const delegations = `CREATE TABLE delegations (
  delegated_task_id ${id} NOT NULL,
  run_id ${id} NOT NULL,
  step_index INT NOT NULL,
  share JSON NOT NULL,
  asked_at DATETIME(3) NOT NULL,
  ended JSON NULL,
  ended_at DATETIME(3) NULL,
  used_at DATETIME(3) NULL,
  PRIMARY KEY (delegated_task_id),
  KEY delegations_run (run_id)
) ${ends}`

const agentStateKeys = `CREATE TABLE agent_state_keys (
  space VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  key_digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  bytes INT UNSIGNED NOT NULL,
  expires_at DATETIME(3) NULL,
  PRIMARY KEY (space, key_digest)
) ${ends}`
