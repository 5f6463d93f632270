import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const tableOptions = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const word = (length: number) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`

/**
 * Skill versions keep the bytes that they were registered with; `skill_standings` has a row per skill: which version is
 * handed out, and whether any is. What was registered before gets a SKILL.md and a guildhall.yaml that say the same (JSON
 * is YAML). Its digest was of the parsed content, so registering its folder again makes one more version.
 */
export class SkillVersions1795478400000 implements MigrationInterface {
  readonly name = 'SkillVersions1795478400000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE skills
      MODIFY license VARCHAR(2000) NULL,
      ADD COLUMN markdown MEDIUMTEXT NULL,
      ADD COLUMN sidecar MEDIUMTEXT NULL,
      ADD COLUMN notes JSON NULL,
      ADD COLUMN restored_from INT NULL`)
    await runner.query(`UPDATE skills SET
      markdown = CONCAT('---\nname: ', name, '\ndescription: ', JSON_QUOTE(description),
        IF(license IS NULL, '', CONCAT('\nlicense: ', JSON_QUOTE(license))),
        IF(compatibility IS NULL, '', CONCAT('\ncompatibility: ', JSON_QUOTE(compatibility))),
        IF(JSON_LENGTH(metadata) = 0, '', CONCAT('\nmetadata: ', metadata)),
        IF(JSON_LENGTH(required_capabilities) = 0, '', CONCAT('\nallowed-tools: ', required_capabilities)),
        '\n---\n\n', prompt_template, '\n'),
      sidecar = CONCAT(JSON_MERGE_PRESERVE(
        JSON_OBJECT('tags', JSON_EXTRACT(tags, '$'), 'examples', JSON_EXTRACT(examples, '$')), configuration), '\n'),
      notes = '[]'`)
    await runner.query('ALTER TABLE skills MODIFY markdown MEDIUMTEXT NOT NULL, MODIFY notes JSON NOT NULL')
    await runner.query(`CREATE TABLE skill_standings (
      tenant ${word(64)} NOT NULL,
      name ${word(64)} NOT NULL,
      newest_version INT NOT NULL,
      pinned_version INT NULL,
      retired_at DATETIME(3) NULL,
      PRIMARY KEY (tenant, name)
    ) ${tableOptions}`)
    await runner.query(`INSERT INTO skill_standings (tenant, name, newest_version)
      SELECT tenant, name, MAX(version) FROM skills GROUP BY tenant, name`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE skill_standings')
    await runner.query(`ALTER TABLE skills
      DROP COLUMN markdown, DROP COLUMN sidecar, DROP COLUMN notes, DROP COLUMN restored_from`)
  }
}
