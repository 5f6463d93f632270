import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

export class StepsBegun1795824000000 implements MigrationInterface {
  readonly name = 'StepsBegun1795824000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE steps ADD COLUMN begun INT NOT NULL DEFAULT 1 AFTER outcome')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE steps DROP COLUMN begun')
  }
}
