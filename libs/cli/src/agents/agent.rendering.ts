import type { AgentVersionsListed, AgentView } from '@guildhall/contracts'
import { grantsPairs } from '../rights.rendering.js'
import type { Paint } from '../terminal/paint.js'
import { renderBlock, renderPairs, renderTable } from '../terminal/table.js'
import { listed, printable, shorten, when, wrap } from '../terminal/text.js'
import { renderAgentRef } from '../tasks/task.rendering.js'
import type { AgentDifferences, ConfigDifference } from './agent.differences.js'

const stateColours = { active: 'green', retired: 'gray', disposed: 'gray', destroyed: 'red' } as const

export function renderAgents(agents: readonly AgentView[], paint: Paint): string {
  if (agents.length === 0) return 'No agents. Create one: guildhall agents create NAME --skills SKILL,…'
  return renderTable(
    ['name', 'version', 'state', 'stays', 'runs as', 'skills'],
    agents.map((agent) => [
      paint('bold', shorten(agent.name, 30)),
      `v${agent.version}`,
      paint(stateColours[agent.state], agent.state),
      agent.ephemeral ? 'for one task' : 'yes',
      agent.config.runtime,
      shorten(agent.config.skills.join(', '), 24),
    ]),
    paint,
  )
}

export function renderAgent(agent: AgentView, paint: Paint): string {
  const { config } = agent
  const pairs = renderPairs(
    [
      ['agent', renderAgentRef(agent, paint)],
      ['state', paint(stateColours[agent.state], agent.state)],
      ['for', wrap(config.description, 84).join('\n')],
      ['runs as', config.model ? `${config.runtime}, model ${printable(config.model)}` : config.runtime],
      ['skills', wrap(listed(config.skills), 84).join('\n')],
      ['may call', listed(config.functions)],
      ...grantsPairs(config.grants ?? {}),
      ['settings', settingsIn(config.configuration)],
      ['id', agent.id],
      ['since', `${when(agent.createdAt)} UTC`],
      ['until', agent.expiresAt && `${when(agent.expiresAt)} UTC at the latest`],
    ],
    paint,
  )
  return config.prompt === ''
    ? pairs
    : `${pairs}\n${paint('dim', 'prompt')}\n${renderBlock(wrap(config.prompt, 96).join('\n'))}`
}

function settingsIn(configuration: Record<string, unknown>): string | undefined {
  const lines = Object.entries(configuration).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return lines.length === 0 ? undefined : wrap(lines.map(printable).join('\n'), 84).join('\n')
}

/** Every version, newest first, with the one that tasks get marked. */
export function renderAgentVersions({ agent, versions }: AgentVersionsListed, paint: Paint): string {
  const rows = versions.map(({ version, createdAt, digest, current }) => [
    `v${version}`,
    `${when(createdAt)}`,
    digest.slice(0, 12),
    current ? paint(stateColours[agent.state], agent.state) : '',
  ])
  return `${renderAgentRef(agent, paint)}\n${renderTable(['version', 'made (UTC)', 'digest', ''], rows, paint)}`
}

/** The fields that differ; of texts the lines that only one of them has. */
export function renderAgentDifferences({ name, from, to, fields }: AgentDifferences, paint: Paint): string {
  const title = `${paint('bold', printable(name))} v${from} → v${to}`
  if (fields.length === 0) return `${title}: the same`
  return [title, ...fields.flatMap((field) => renderField(field, paint))].join('\n')
}

function renderField({ field, from, to }: ConfigDifference, paint: Paint): string[] {
  const [was, is] = [linesOf(from), linesOf(to)]
  const only = (lines: string[], others: string[]) => lines.filter((line) => !others.includes(line))
  return [
    `  ${paint('yellow', '~')} ${field}`,
    ...only(was, is).map((line) => `      ${paint('red', `- ${shorten(line, 96)}`)}`),
    ...only(is, was).map((line) => `      ${paint('green', `+ ${shorten(line, 96)}`)}`),
  ]
}

function linesOf(value: unknown): string[] {
  if (value === null) return ['–']
  return typeof value === 'string' ? value.split('\n') : [JSON.stringify(value)]
}
