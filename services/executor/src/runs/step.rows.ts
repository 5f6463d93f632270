import type { RowInsertion, Transaction } from '@guildhall/mysql'
import type { Step } from './step.entity.js'

const changing = ['arguments_digest', 'state', 'outcome', 'begun', 'started_at', 'finished_at']
const columns = [
  'run_id',
  'step_index',
  'kind',
  'name',
  'function_name',
  'function_version',
  'repeatable',
  ...changing,
]

// A row that a commit of unknown end has written already is written again.
const insertion: RowInsertion = {
  into: `INSERT INTO steps (${columns.join(', ')})`,
  row: `(${columns.map(() => '?').join(', ')})`,
  then: `ON DUPLICATE KEY UPDATE ${['name', ...changing].map((name) => `${name} = VALUES(${name})`).join(', ')}`,
}

/** Writes steps as they are now, whether the table has them already or not, at the end of the transaction. */
export function putSteps(tx: Transaction, steps: Iterable<Step>): void {
  const rows = [...steps].map((step) => [
    step.runId,
    step.index,
    step.kind,
    step.name,
    step.functionName,
    step.functionVersion,
    step.repeatable ? 1 : 0,
    step.argumentsDigest,
    step.state,
    step.outcome && JSON.stringify(step.outcome),
    step.begun,
    step.startedAt,
    step.finishedAt,
  ])
  tx.insertLast(insertion, rows)
}
