import type { FunctionTier, FunctionView } from '@guildhall/contracts'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { bytes, duration, printable, shorten, wrap } from '../terminal/text.js'

const colours = { allow: 'green', ask: 'yellow', deny: 'red' } as const

export function renderFunctions(functions: readonly FunctionView[], paint: Paint): string {
  return renderTable(
    ['name', 'tier', 'repeatable', 'what it does'],
    functions.map(({ name, tier, repeatable, description }) => [
      paint('bold', printable(name)),
      renderTier(tier, paint),
      repeatable ? 'yes' : 'no',
      shorten(description, 60),
    ]),
    paint,
  )
}

export function renderFunction(view: FunctionView, paint: Paint): string {
  const { wallMs, memoryBytes, processes, outputBytes } = view.limits
  const limits = [
    duration(wallMs),
    `${bytes(memoryBytes)} of memory`,
    `${processes} processes`,
    `${bytes(outputBytes)} of output`,
  ]
  const pairs = renderPairs(
    [
      ['tier', renderTier(view.tier, paint)],
      [
        'repeatable',
        view.repeatable ? 'yes' : 'no: after a crash a person may be asked whether to do it again',
      ],
      ['limits', limits.join(', ')],
      ['what it does', wrap(view.description, 84).join('\n')],
    ],
    paint,
  )
  return `${paint('bold', printable(view.name))}\n${pairs}\n${JSON.stringify(view.parameters, undefined, 2)}`
}

function renderTier(tier: FunctionTier, paint: Paint): string {
  return paint(colours[tier], tier)
}
