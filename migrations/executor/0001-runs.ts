import { messagingTables, type MigrationInterface, type QueryRunner, stateTables } from '@guildhall/mysql'

const engine = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const digest = 'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin'

export class Runs1795305600000 implements MigrationInterface {
  readonly name = 'Runs1795305600000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...messagingTables(), ...stateTables(), runs, steps, artifacts])
      await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['artifacts', 'steps', 'runs', 'outbox', 'inbox']) {
      await runner.query(`DROP TABLE ${table}`)
    }
  }
}

const runs = `CREATE TABLE runs (
  run_id ${id} NOT NULL,
  task_id ${id} NOT NULL,
  state VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  request JSON NULL,
  origin JSON NOT NULL,
  lease_owner VARCHAR(128) NULL,
  lease_token ${id} NULL,
  lease_until DATETIME(3) NULL,
  claims INT NOT NULL,
  restarts INT NOT NULL,
  cancel_requested_at DATETIME(3) NULL,
  cancel_reason VARCHAR(500) NULL,
  error_code VARCHAR(100) NULL,
  created_at DATETIME(3) NOT NULL,
  started_at DATETIME(3) NULL,
  finished_at DATETIME(3) NULL,
  PRIMARY KEY (run_id),
  KEY runs_due (state, created_at),
  KEY runs_task (task_id)
) ${engine}`

const steps = `CREATE TABLE steps (
  run_id ${id} NOT NULL,
  step_index INT NOT NULL,
  kind VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(200) NOT NULL,
  function_name VARCHAR(100) NULL,
  arguments_digest ${digest} NULL,
  state VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  repeatable BOOLEAN NOT NULL,
  outcome JSON NULL,
  started_at DATETIME(3) NOT NULL,
  finished_at DATETIME(3) NULL,
  PRIMARY KEY (run_id, step_index)
) ${engine}`

const artifacts = `CREATE TABLE artifacts (
  run_id ${id} NOT NULL,
  name VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  task_id ${id} NOT NULL,
  size_bytes INT UNSIGNED NOT NULL,
  sha256 ${digest} NOT NULL,
  created_at DATETIME(3) NOT NULL,
  PRIMARY KEY (run_id, name),
  KEY artifacts_task (task_id)
) ${engine}`
