import type { MigrationInterface, QueryRunner } from '@guildhall/mysql'

const tableOptions = 'ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'
const id = 'CHAR(36) CHARACTER SET ascii COLLATE ascii_bin'
const word = (length: number) => `VARCHAR(${length}) CHARACTER SET ascii COLLATE ascii_bin`

// What the questions of the release before offered: any client with the role could answer, also whoever asked.
const answersThen = JSON.stringify([
  { answer: 'refuse', label: 'Refuse', hint: 'the task ends without an agent' },
  { answer: 'once', label: 'Allow once', hint: 'the agent is gone after this task' },
  { answer: 'permanent', label: 'Allow permanently', hint: 'the agent stays for later tasks' },
])
const approversThen = JSON.stringify({
  roles: ['approver'],
  clients: [],
  quorum: 1,
  requesterMayAnswer: true,
})

export class Approvals1795478400002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE approvals
      CHANGE COLUMN proposal subject JSON NOT NULL,
      MODIFY COLUMN proposal_id ${id} NULL,
      MODIFY COLUMN match_summary JSON NULL,
      MODIFY COLUMN default_answer ${word(40)} NOT NULL,
      MODIFY COLUMN answer ${word(40)} NULL,
      ADD COLUMN risk ${word(10)} NULL,
      ADD COLUMN files JSON NULL,
      ADD COLUMN options JSON NULL,
      ADD COLUMN requested_by ${word(64)} NULL,
      ADD COLUMN asked_by ${word(32)} NULL,
      ADD COLUMN ask_id ${id} NULL,
      ADD COLUMN approvers JSON NULL,
      ADD COLUMN escalation JSON NULL,
      ADD COLUMN escalates_at DATETIME(3) NULL,
      ADD COLUMN escalated_at DATETIME(3) NULL,
      ADD COLUMN used_at DATETIME(3) NULL`)
    // The digest stays the one that the registry knows the proposal by.
    await runner.query(
      `UPDATE approvals LEFT JOIN tasks ON tasks.id = approvals.task_id
        SET approvals.subject = CONCAT('{"config":', approvals.subject, '}'), approvals.files = '[]',
          approvals.options = ?, approvals.approvers = ?, approvals.requested_by = COALESCE(tasks.client_id, ''),
          approvals.asked_by = 'skill-registry'`,
      [answersThen, approversThen],
    )
    await runner.query(`ALTER TABLE approvals
      MODIFY COLUMN files JSON NOT NULL,
      MODIFY COLUMN options JSON NOT NULL,
      MODIFY COLUMN requested_by ${word(64)} NOT NULL,
      MODIFY COLUMN asked_by ${word(32)} NOT NULL,
      MODIFY COLUMN approvers JSON NOT NULL,
      ADD KEY approvals_of_task (task_id),
      ADD KEY approvals_of_ask (ask_id),
      ADD KEY approvals_by_digest (tenant, digest),
      ADD KEY approvals_escalating (state, escalates_at)`)
    await runner.query(`CREATE TABLE approval_votes (
      approval_id ${id} NOT NULL,
      client_id ${word(64)} NOT NULL,
      answer ${word(40)} NOT NULL,
      comment VARCHAR(2000) NULL,
      at DATETIME(3) NOT NULL,
      PRIMARY KEY (approval_id, client_id)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE approval_policies (
      tenant ${word(64)} NOT NULL,
      version INT NOT NULL,
      rules JSON NOT NULL,
      author ${word(64)} NULL,
      created_at DATETIME(3) NULL,
      PRIMARY KEY (tenant, version)
    ) ${tableOptions}`)
    await runner.query(`CREATE TABLE auto_approvals (
      tenant ${word(64)} NOT NULL,
      name ${word(40)} NOT NULL,
      uses INT NOT NULL,
      PRIMARY KEY (tenant, name)
    ) ${tableOptions}`)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['auto_approvals', 'approval_policies', 'approval_votes']) {
      await runner.query(`DROP TABLE ${table}`)
    }
    // Questions of other kinds have no place in the tables of the release before.
    await runner.query(`DELETE FROM approvals WHERE kind <> 'new-agent'`)
    await runner.query(`UPDATE approvals SET subject = JSON_EXTRACT(subject, '$.config')`)
    await runner.query(`ALTER TABLE approvals
      CHANGE COLUMN subject proposal JSON NOT NULL,
      MODIFY COLUMN proposal_id ${id} NOT NULL,
      MODIFY COLUMN match_summary JSON NOT NULL,
      MODIFY COLUMN default_answer ${word(20)} NOT NULL,
      MODIFY COLUMN answer ${word(20)} NULL,
      DROP KEY approvals_of_task, DROP KEY approvals_of_ask, DROP KEY approvals_by_digest,
      DROP KEY approvals_escalating,
      DROP COLUMN risk, DROP COLUMN files, DROP COLUMN options, DROP COLUMN requested_by,
      DROP COLUMN asked_by, DROP COLUMN ask_id, DROP COLUMN approvers, DROP COLUMN escalation,
      DROP COLUMN escalates_at, DROP COLUMN escalated_at, DROP COLUMN used_at`)
  }
}
