import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

/**
 * What a record is found by stays a row. The rest lies in blocks, that of many records together and compressed:
 * docs/decisions/0023-audit-in-blocks.md has the statement that reads it.
 */
export class RecordBlocks1795651200000 implements MigrationInterface {
  readonly name = 'RecordBlocks1795651200000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE audit_blocks (
      id BIGINT NOT NULL AUTO_INCREMENT,
      heads LONGBLOB NOT NULL,
      payloads LONGBLOB NOT NULL,
      PRIMARY KEY (id)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`)
    // A record from before has a block of its own, and of its stamp what was kept.
    await runner.query(`INSERT INTO audit_blocks (id, heads, payloads)
      SELECT seq,
        COMPRESS(CONCAT('[[', CAST(header AS CHAR), ',', JSON_OBJECT(
          'verdict', verdict, 'code', code, 'reason', reason,
          'at', DATE_FORMAT(at, '%Y-%m-%dT%T.%fZ'), 'deliveredTo', JSON_EXTRACT(delivered_to, '$')
        ), ',"', data_sha256, '",', data_bytes, ']]')),
        COMPRESS(JSON_ARRAY(data))
      FROM audit_records`)
    await runner.query(`ALTER TABLE audit_records
      ADD COLUMN block_id BIGINT NOT NULL DEFAULT 0,
      ADD COLUMN block_position INT NOT NULL DEFAULT 0`)
    await runner.query('UPDATE audit_records SET block_id = seq')
    await runner.query(`ALTER TABLE audit_records
      ALTER COLUMN block_id DROP DEFAULT,
      ALTER COLUMN block_position DROP DEFAULT,
      DROP COLUMN type,
      DROP COLUMN source,
      DROP COLUMN delivered_to,
      DROP COLUMN reason,
      DROP COLUMN header,
      DROP COLUMN data,
      DROP COLUMN data_sha256,
      DROP COLUMN data_bytes,
      MODIFY COLUMN tenant VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE audit_records
      ADD COLUMN type VARCHAR(100) NULL,
      ADD COLUMN source VARCHAR(200) NULL,
      ADD COLUMN delivered_to JSON NULL,
      ADD COLUMN reason VARCHAR(1000) NULL,
      ADD COLUMN header JSON NULL,
      ADD COLUMN data MEDIUMTEXT NULL,
      ADD COLUMN data_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
      ADD COLUMN data_bytes INT NULL,
      MODIFY COLUMN tenant VARCHAR(100) NULL`)
    const head = (path: string) =>
      `JSON_EXTRACT(CONVERT(UNCOMPRESS(heads) USING utf8mb4), CONCAT('$[', block_position, ']${path}'))`
    await runner.query(`UPDATE audit_records JOIN audit_blocks ON audit_blocks.id = block_id SET
      type = LEFT(JSON_UNQUOTE(${head('[0].type')}), 100),
      source = LEFT(JSON_UNQUOTE(${head('[0].source')}), 200),
      delivered_to = ${head('[1].deliveredTo')},
      reason = LEFT(JSON_UNQUOTE(NULLIF(${head('[1].reason')}, 'null')), 1000),
      header = ${head('[0]')},
      data = JSON_UNQUOTE(JSON_EXTRACT(
        CONVERT(UNCOMPRESS(payloads) USING utf8mb4), CONCAT('$[', block_position, ']')
      )),
      data_sha256 = JSON_UNQUOTE(${head('[2]')}),
      data_bytes = ${head('[3]')}`)
    await runner.query(`ALTER TABLE audit_records
      MODIFY COLUMN type VARCHAR(100) NOT NULL,
      MODIFY COLUMN source VARCHAR(200) NOT NULL,
      MODIFY COLUMN delivered_to JSON NOT NULL,
      MODIFY COLUMN header JSON NOT NULL,
      MODIFY COLUMN data MEDIUMTEXT NOT NULL,
      MODIFY COLUMN data_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      MODIFY COLUMN data_bytes INT NOT NULL,
      DROP COLUMN block_id,
      DROP COLUMN block_position`)
    await runner.query('DROP TABLE audit_blocks')
  }
}
