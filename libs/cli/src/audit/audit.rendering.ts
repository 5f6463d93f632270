import type { AuditCounted, AuditView } from '@guildhall/contracts'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { shorten, when } from '../terminal/text.js'

export function renderAudit(records: readonly AuditView[], paint: Paint): string {
  if (records.length === 0) return 'No records.'
  return renderTable(
    ['seq', 'at (UTC)', 'verdict', 'type', 'said by', 'heard by'],
    records.map((record) => [
      String(record.seq),
      when(record.at),
      record.verdict === 'allowed'
        ? paint('green', 'allowed')
        : paint('red', shorten(`denied ${record.code ?? ''}`, 22)),
      shorten(record.type, 20),
      shorten(record.source.replace(/^\/services\//, ''), 16),
      shorten(record.deliveredTo.join(', ') || '–', 20),
    ]),
    paint,
  )
}

export function renderCount(count: AuditCounted, paint: Paint): string {
  return renderPairs(
    [
      ['records', String(count.records)],
      ['allowed', String(count.allowed)],
      ['denied', String(count.denied)],
    ],
    paint,
  )
}
