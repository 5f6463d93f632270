import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const everything = '{"functions":["*"],"mounts":[{"source":"/","mode":"rw"}],"hosts":["*:*"],"budget":{}}'

/** What a task may do at most, and which run handed it on. */
export class RightsAndDelegation1795478400003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tasks
      ADD COLUMN rights JSON NULL,
      ADD COLUMN parent_task_id ${id} NULL,
      ADD COLUMN parent_run_id ${id} NULL,
      ADD COLUMN depth INT NOT NULL DEFAULT 0,
      ADD KEY tasks_of_run (parent_run_id)`)
    // Tasks of before go on as before: nothing but the executor's settings bounded them.
    await runner.query('UPDATE tasks SET rights = ?', [everything])
    await runner.query('ALTER TABLE tasks MODIFY COLUMN rights JSON NOT NULL')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE tasks DROP KEY tasks_of_run,
      DROP COLUMN rights, DROP COLUMN parent_task_id, DROP COLUMN parent_run_id, DROP COLUMN depth`)
  }
}
