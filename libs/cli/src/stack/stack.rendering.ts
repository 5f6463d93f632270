import { join } from 'node:path'
import type { StackInfo } from '@guildhall/local-stack'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { duration, printable } from '../terminal/text.js'
import type { ProcessStatus } from './stack.status.js'

const healthColours = {
  ready: 'green',
  up: 'green',
  'not-ready': 'yellow',
  'no-answer': 'red',
  down: 'red',
} as const

export function renderStatus(processes: readonly ProcessStatus[], paint: Paint): string {
  const table = renderTable(
    ['process', 'pid', 'port', 'health', 'up for', 'messages'],
    processes.map((one) => [
      one.name,
      one.pid === undefined ? '–' : String(one.pid),
      String(one.port),
      paint(healthColours[one.health], one.health),
      one.uptimeMs === undefined ? '–' : duration(one.uptimeMs),
      one.messages === undefined ? '–' : String(one.messages),
    ]),
    paint,
  )
  const problems = processes.flatMap(({ name, problems }) =>
    Object.entries(problems).map(
      ([check, problem]) => `${paint('yellow', '!')} ${name}: ${check}: ${printable(problem)}`,
    ),
  )
  return [table, ...problems].join('\n')
}

/** Where to look, and how to go on. */
export function renderWhereToLook(info: StackInfo, paint: Paint): string {
  const services = Object.entries(info.services)
  const width = Math.max(...services.map(([name]) => name.length))
  const addresses = services.map(
    ([name, { httpPort }]) => `${name.padEnd(width)}  http://127.0.0.1:${httpPort}/readyz  …/metrics`,
  )
  return [
    renderPairs(
      [
        ['services', addresses.join('\n')],
        ['logs', join(info.stateDir, 'logs')],
        ['client file', join(info.stateDir, 'client.json')],
        ['redis', `${info.redis.host}:${info.redis.port}`],
        ['mariadb', `${info.mariadb.host}:${info.mariadb.port}`],
      ],
      paint,
    ),
    '',
    paint('dim', 'try, in another terminal'),
    '  npm run -s guildhall -- skills import skills',
    '  npm run -s guildhall -- agents create clerk --skills disk-usage,package-licences',
    '  npm run -s guildhall -- submit "Report the disk usage of this folder" --mount . --wait',
    '  npm run -s guildhall -- --help',
  ].join('\n')
}
