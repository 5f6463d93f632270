import { type MigrationInterface, messagingTables, type QueryRunner } from '@guildhall/mysql'

const tableOptions = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const word = (length: number) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`

export class Tasks1763800000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of messagingTables()) await runner.query(statement)
    await runner.query(`CREATE TABLE tasks (
      id ${id} NOT NULL PRIMARY KEY,
      tenant ${word(64)} NOT NULL,
      client_id ${word(64)} NOT NULL,
      goal MEDIUMTEXT NOT NULL,
      inputs JSON NOT NULL,
      files JSON NOT NULL,
      mounts JSON NOT NULL,
      state ${word(20)} NOT NULL,
      attempt INT NOT NULL,
      max_attempts INT NOT NULL,
      timeout_ms INT NOT NULL,
      run_id ${id} NULL,
      agent JSON NULL,
      match_summary JSON NULL,
      approval_id ${id} NULL,
      result MEDIUMTEXT NULL,
      error JSON NULL,
      artifacts JSON NOT NULL,
      cancel_reason VARCHAR(500) NULL,
      traceparent ${word(55)} NULL,
      created_at DATETIME(3) NOT NULL,
      updated_at DATETIME(3) NOT NULL,
      KEY tasks_of_tenant (tenant, created_at),
      KEY tasks_by_state (state, created_at)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE attempts (
      run_id ${id} NOT NULL PRIMARY KEY,
      task_id ${id} NOT NULL,
      number INT NOT NULL,
      agent JSON NOT NULL,
      state ${word(20)} NOT NULL,
      error JSON NULL,
      created_at DATETIME(3) NOT NULL,
      ended_at DATETIME(3) NULL,
      UNIQUE KEY attempts_of_task (task_id, number)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE approvals (
      id ${id} NOT NULL PRIMARY KEY,
      task_id ${id} NOT NULL,
      tenant ${word(64)} NOT NULL,
      kind ${word(20)} NOT NULL,
      proposal_id ${id} NOT NULL,
      question VARCHAR(1000) NOT NULL,
      proposal JSON NOT NULL,
      match_summary JSON NOT NULL,
      digest CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      state ${word(20)} NOT NULL,
      default_answer ${word(20)} NOT NULL,
      deadline DATETIME(3) NOT NULL,
      answer ${word(20)} NULL,
      decided_by ${word(64)} NULL,
      decided_at DATETIME(3) NULL,
      comment VARCHAR(2000) NULL,
      created_at DATETIME(3) NOT NULL,
      KEY approvals_due (state, deadline),
      KEY approvals_of_tenant (tenant, created_at)
    ) ${tableOptions}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['approvals', 'attempts', 'tasks', 'outbox', 'inbox']) {
      await runner.query(`DROP TABLE ${table}`)
    }
  }
}
