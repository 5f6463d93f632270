import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

/** Every question names a tenant, and the tenant's index holds the verdict: another one only made records dearer. */
export class VerdictIndex1795392000000 implements MigrationInterface {
  readonly name = 'VerdictIndex1795392000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX audit_records_verdict ON audit_records')
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX audit_records_verdict ON audit_records (verdict, seq)')
  }
}
