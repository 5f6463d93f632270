import type { FunctionCalled, FunctionRegistered, FunctionTier, FunctionView } from '@guildhall/contracts'
import type { Paint } from '../terminal/paint.js'
import { renderPairs, renderTable } from '../terminal/table.js'
import { bytes, duration, escaped, printable, shorten, wrap } from '../terminal/text.js'

const colours = { allow: 'green', ask: 'yellow', deny: 'red' } as const

export function renderFunctions(functions: readonly FunctionView[], paint: Paint): string {
  return renderTable(
    ['name', 'version', 'tier', 'repeatable', 'what it does'],
    functions.map(({ name, version = '', tier, repeatable, description }) => [
      paint('bold', printable(name)),
      printable(version),
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
      ...originOf(view),
      ['what it does', wrap(escapedLines(view.description), 84).join('\n')],
    ],
    paint,
  )
  return `${paint('bold', printable(view.name))}\n${pairs}\n${schemaText(view.parameters)}${view.result ? `\nanswers with\n${schemaText(view.result)}` : ''}`
}

function originOf({ source, version, digest, capability, secrets }: FunctionView): [string, string][] {
  const needed: [string, string][] = [
    ...(capability === undefined ? [] : [['needs', capability] satisfies [string, string]]),
    ...(secrets ? [['uses secrets', secrets.map(printable).join(', ')] satisfies [string, string]] : []),
  ]
  if (version === undefined || digest === undefined) return needed
  const origin = source === 'mcp' ? 'tool of an MCP server, as it described it' : 'registered folder'
  return [['comes from', origin], ['version', printable(version)], ['digest', digest], ...needed]
}

/** What a server says of its tools decides whether somebody lets them be called: nothing of it is left out or hidden. */
function escapedLines(text: string): string {
  return text.split('\n').map(escaped).join('\n')
}

function schemaText(schema: Record<string, unknown>): string {
  return escapedLines(JSON.stringify(schema, undefined, 2))
}

export function renderRegistration(
  { functions, created, leftOut }: FunctionRegistered,
  paint: Paint,
): string {
  const rest = leftOut.map(({ tool, reason }) => `left out: ${printable(tool)}: ${printable(reason)}`)
  const note = created ? [] : ['Registered before, byte for byte; it is the current version.']
  return [renderFunctions(functions, paint), ...note, ...rest].join('\n')
}

/** What the function wrote, and how it ended where that is not all well. */
export function renderCall(
  { ending, exitCode, stdout, stderr, truncated }: FunctionCalled,
  paint: Paint,
): string {
  const lines = [stdout, stderr].flatMap((text) =>
    text === '' ? [] : text.trimEnd().split('\n').map(printable),
  )
  const how = ending === 'exited' ? `exit code ${exitCode}` : `ended by ${ending}`
  const isWell = ending === 'exited' && exitCode === 0
  return [...lines, ...(isWell ? [] : [paint('red', how)]), ...(truncated ? ['(output was cut)'] : [])].join(
    '\n',
  )
}

function renderTier(tier: FunctionTier, paint: Paint): string {
  return paint(colours[tier], tier)
}
