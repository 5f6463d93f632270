import { type MigrationInterface, messagingTables, type QueryRunner } from '@guildhall/mysql'

/** What the router said about every message. `entry_id` is unique so that taking in an entry twice adds one row. */
export class AuditRecords1795305600000 implements MigrationInterface {
  readonly name = 'AuditRecords1795305600000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of messagingTables()) await runner.query(statement)
    await runner.query(`CREATE TABLE audit_records (
      seq BIGINT NOT NULL AUTO_INCREMENT,
      entry_id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      message_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      type VARCHAR(100) NOT NULL,
      source VARCHAR(200) NOT NULL,
      delivered_to JSON NOT NULL,
      verdict VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      code VARCHAR(100) NULL,
      reason VARCHAR(1000) NULL,
      task_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NULL,
      trace_id CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
      tenant VARCHAR(100) NULL,
      at DATETIME(3) NOT NULL,
      header JSON NOT NULL,
      data MEDIUMTEXT NOT NULL,
      data_sha256 CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
      data_bytes INT NOT NULL,
      PRIMARY KEY (seq),
      UNIQUE KEY audit_records_entry (entry_id),
      KEY audit_records_task (task_id, seq),
      KEY audit_records_trace (trace_id, seq),
      KEY audit_records_verdict (verdict, seq),
      KEY audit_records_tenant (tenant, verdict, seq)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['audit_records', 'outbox', 'inbox']) await runner.query(`DROP TABLE ${table}`)
  }
}
