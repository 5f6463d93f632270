import type { PolicyLimits, PolicyView } from '@guildhall/contracts'
import type { Paint } from '../terminal/paint.js'
import { renderPairs } from '../terminal/table.js'
import { printable, when } from '../terminal/text.js'

export function renderPolicy({ version, rules, author, createdAt }: PolicyView, paint: Paint): string {
  const { perClient, perTenant, clients = [], tenants = [], deny = [] } = rules
  const named = [
    ...clients.map((one) => ['client', one] as const),
    ...tenants.map((one) => ['tenant', one] as const),
  ]
  return renderPairs(
    [
      ['version', paint('bold', String(version))],
      [
        'set',
        author && createdAt ? `by ${printable(author)}, ${when(createdAt)} UTC` : 'by nobody: the defaults',
      ],
      ['each client', limitsOf(perClient)],
      ['each tenant', limitsOf(perTenant)],
      ...named.map(([kind, one]) => [`${kind} ${printable(one.name)}`, limitsOf(one)] as const),
      ...deny.map(({ client = '*', tenant = '*', type = '*', reason }) => {
        const who = `${type} to ${client} of ${tenant}${reason ? `: ${reason}` : ''}`
        return [paint('red', 'denied'), printable(who)] as const
      }),
    ],
    paint,
  )
}

function limitsOf({ ratePerSecond, burst, waitingTasks }: PolicyLimits = {}): string {
  const shown = [
    ratePerSecond !== undefined && `${ratePerSecond} messages/s`,
    burst !== undefined && `${burst} at once`,
    waitingTasks !== undefined && `${waitingTasks} unfinished tasks`,
  ].filter((text) => text !== false)
  return shown.length > 0 ? shown.join(', ') : 'the defaults'
}
