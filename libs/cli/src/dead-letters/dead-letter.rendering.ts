import type {
  DeadLetterField,
  DeadLetterRedriven,
  DeadLetterShown,
  DeadLetterState,
  DeadLetterView,
} from '@guildhall/contracts'
import { shortIds } from '../id.display.js'
import type { Paint } from '../terminal/paint.js'
import { renderBlock, renderPairs, renderTable } from '../terminal/table.js'
import { bytes, printable, shorten, when, wrap } from '../terminal/text.js'

const stateColours: Record<DeadLetterState, 'yellow' | 'green' | 'gray'> = {
  waiting: 'yellow',
  redriven: 'green',
  purged: 'gray',
}

export function renderDeadLetters(letters: readonly DeadLetterView[], paint: Paint): string {
  if (letters.length === 0) return 'No dead letters.'
  const short = shortIds(letters.map(({ id }) => id))
  return renderTable(
    ['id', 'at (UTC)', 'state', 'service', 'type', 'code', 'tries'],
    letters.map((letter) => [
      short.get(letter.id) ?? letter.id,
      when(letter.at),
      paint(stateColours[letter.state], letter.state),
      shorten(letter.service, 16),
      shorten(letter.type ?? '–', 20),
      paint('red', shorten(letter.code, 20)),
      String(letter.attempts),
    ]),
    paint,
  )
}

/** Everything that is known of one, and its fields as they came. */
export function renderDeadLetter({ deadLetter, fields, cutBytes }: DeadLetterShown, paint: Paint): string {
  const pairs = renderPairs(
    [
      ['dead letter', deadLetter.id],
      ['state', paint(stateColours[deadLetter.state], deadLetter.state)],
      ['service', paint('bold', printable(deadLetter.service))],
      ['type', deadLetter.type && printable(deadLetter.type)],
      ['why', paint('red', printable(deadLetter.code))],
      ['error', wrap(deadLetter.message, 84).join('\n')],
      ['tries', String(deadLetter.attempts)],
      ['redriven', deadLetter.redrives > 0 ? `${deadLetter.redrives} times` : undefined],
      ['given up', `${when(deadLetter.at)} UTC`],
      ['message', deadLetter.messageId],
      ['task', deadLetter.taskId],
      ['trace', deadLetter.traceId],
      ['tenant', deadLetter.tenant && printable(deadLetter.tenant)],
    ],
    paint,
  )
  const left = cutBytes > 0 ? [paint('dim', `${bytes(cutBytes)} more than one answer holds`)] : []
  return [pairs, ...fields.map((field) => renderField(field, paint)), ...left].join('\n')
}

export function renderRedriven({ redriven, refused, remaining }: DeadLetterRedriven, paint: Paint): string {
  return [
    `${paint('green', '✔')} put back ${redriven.length}`,
    ...refused.map(({ id, message }) => `${paint('red', '✖')} ${id} stays: ${printable(message)}`),
    ...(remaining > 0 ? [`${remaining} more fit; say it again to put them back.`] : []),
  ].join('\n')
}

function renderField({ name, nameBase64, value, base64 }: DeadLetterField, paint: Paint): string {
  const title = `${printable(name)}${nameBase64 ? ' (base64)' : ''}${base64 ? ', base64' : ''}`
  return `${paint('dim', title)}\n${renderBlock(wrap(value, 96).join('\n'))}`
}
