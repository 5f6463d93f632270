import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

export class ModelBudgets1795420800000 implements MigrationInterface {
  readonly name = 'ModelBudgets1795420800000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE runs ADD COLUMN model_budget JSON NULL AFTER restarts')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE runs DROP COLUMN model_budget')
  }
}
