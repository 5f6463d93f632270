import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

/** What each run of a task used up. */
export class RunUsage1795651200004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempts ADD COLUMN used JSON NULL AFTER error')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE attempts DROP COLUMN used')
  }
}
