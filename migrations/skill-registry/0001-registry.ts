import { type MigrationInterface, messagingTables, type QueryRunner } from '@guildhall/mysql'

const tableOptions = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const word = (length: number) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`
const sha256 = 'CHAR(64) CHARACTER SET ascii COLLATE ascii_bin'

/**
 * Skills and agents with their immutable versions, proposals and match decisions. `registries` has a row per tenant:
 * its lock orders changes, its number tells caches that something changed.
 */
export class Registry1763800000003 implements MigrationInterface {
  readonly name = 'Registry1763800000003'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of messagingTables()) await runner.query(statement)
    await runner.query(`CREATE TABLE registries (
      tenant ${word(64)} NOT NULL PRIMARY KEY,
      revision BIGINT NOT NULL
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE skills (
      id ${id} NOT NULL PRIMARY KEY,
      tenant ${word(64)} NOT NULL,
      name ${word(64)} NOT NULL,
      version INT NOT NULL,
      digest ${sha256} NOT NULL,
      description VARCHAR(1024) NOT NULL,
      license VARCHAR(500) NULL,
      compatibility VARCHAR(500) NULL,
      metadata JSON NOT NULL,
      required_capabilities JSON NOT NULL,
      prompt_template MEDIUMTEXT NOT NULL,
      configuration JSON NOT NULL,
      tags JSON NOT NULL,
      examples JSON NOT NULL,
      files JSON NOT NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY skills_version (tenant, name, version)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE agents (
      id ${id} NOT NULL PRIMARY KEY,
      tenant ${word(64)} NOT NULL,
      name ${word(64)} NOT NULL,
      active_name ${word(64)} NULL,
      state ${word(20)} NOT NULL,
      ephemeral TINYINT(1) NOT NULL,
      current_version INT NOT NULL,
      task_id ${id} NULL,
      created_at DATETIME(3) NOT NULL,
      UNIQUE KEY agents_active_name (tenant, active_name),
      KEY agents_of_tenant (tenant, name)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE agent_versions (
      agent_id ${id} NOT NULL,
      version INT NOT NULL,
      config JSON NOT NULL,
      digest ${sha256} NOT NULL,
      created_at DATETIME(3) NOT NULL,
      PRIMARY KEY (agent_id, version)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE proposals (
      id ${id} NOT NULL PRIMARY KEY,
      task_id ${id} NOT NULL,
      tenant ${word(64)} NOT NULL,
      config JSON NOT NULL,
      digest ${sha256} NOT NULL,
      skill_ids JSON NOT NULL,
      match_summary JSON NOT NULL,
      state ${word(20)} NOT NULL,
      agent_id ${id} NULL,
      created_at DATETIME(3) NOT NULL,
      KEY proposals_of_task (task_id),
      KEY proposals_of_agent (agent_id)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE match_decisions (
      id ${id} NOT NULL PRIMARY KEY,
      task_id ${id} NOT NULL,
      tenant ${word(64)} NOT NULL,
      goal MEDIUMTEXT NOT NULL,
      outcome ${word(20)} NOT NULL,
      match_summary JSON NOT NULL,
      source ${word(20)} NOT NULL,
      created_at DATETIME(3) NOT NULL,
      KEY match_decisions_of_task (task_id)
    ) ${tableOptions}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    const own = ['match_decisions', 'proposals', 'agent_versions', 'agents', 'skills', 'registries']
    for (const table of [...own, 'outbox', 'inbox']) await runner.query(`DROP TABLE ${table}`)
  }
}
