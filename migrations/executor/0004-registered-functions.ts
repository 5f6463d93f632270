import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const engine = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const ascii = 'CHARACTER SET ascii COLLATE ascii_bin'

/** Functions that operators register: versions that never change, and which one of each is current. */
export class RegisteredFunctions1795568400000 implements MigrationInterface {
  readonly name = 'RegisteredFunctions1795568400000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [versions, currents, calls]) await runner.query(statement)
    await runner.query(`ALTER TABLE runs ADD COLUMN function_versions JSON NULL AFTER restarts`)
    await runner.query(
      `ALTER TABLE steps ADD COLUMN function_version VARCHAR(40) ${ascii} NULL AFTER function_name`,
    )
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE steps DROP COLUMN function_version')
    await runner.query('ALTER TABLE runs DROP COLUMN function_versions')
    for (const table of ['operator_calls', 'function_currents', 'function_versions']) {
      await runner.query(`DROP TABLE ${table}`)
    }
  }
}

const versions = `CREATE TABLE function_versions (
  tenant VARCHAR(64) ${ascii} NOT NULL,
  source VARCHAR(100) ${ascii} NOT NULL,
  version VARCHAR(40) ${ascii} NOT NULL,
  digest CHAR(64) ${ascii} NOT NULL,
  content JSON NOT NULL,
  files JSON NOT NULL,
  registered_by VARCHAR(128) NOT NULL,
  registered_at DATETIME(3) NOT NULL,
  PRIMARY KEY (tenant, source, version)
) ${engine}`

const currents = `CREATE TABLE function_currents (
  tenant VARCHAR(64) ${ascii} NOT NULL,
  source VARCHAR(100) ${ascii} NOT NULL,
  version VARCHAR(40) ${ascii} NOT NULL,
  PRIMARY KEY (tenant, source)
) ${engine}`

const calls = `CREATE TABLE operator_calls (
  call_id CHAR(36) ${ascii} NOT NULL,
  started_at DATETIME(3) NOT NULL,
  answer JSON NULL,
  PRIMARY KEY (call_id),
  KEY operator_calls_age (started_at)
) ${engine}`
