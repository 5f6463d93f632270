import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const everything = '{"functions":["*"],"mounts":[{"source":"/","mode":"rw"}],"hosts":["*:*"],"budget":{}}'

export class ClientRights1795478400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE clients ADD COLUMN rights JSON NULL')
    // Whoever was known before goes on as before: nothing but the executor's settings bounded their tasks.
    await runner.query('UPDATE clients SET rights = ?', [everything])
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE clients DROP COLUMN rights')
  }
}
