import type { ArtifactRef, AttemptView, TaskFound, TaskState, TaskView } from '@guildhall/contracts'
import { shortIds } from '../id.display.js'
import { rightsPairs } from '../rights.rendering.js'
import type { Paint } from '../terminal/paint.js'
import { renderBlock, renderPairs, renderTable } from '../terminal/table.js'
import { bytes, listed, printable, score, shorten, when, wrap } from '../terminal/text.js'

type Colour = Parameters<Paint>[0]
const stateColours: Partial<Record<TaskState, Colour>> = {
  completed: 'green',
  failed: 'red',
  rejected: 'red',
  canceled: 'gray',
  'awaiting-approval': 'yellow',
  running: 'cyan',
}

export function renderState(state: TaskState, paint: Paint): string {
  return paint(stateColours[state] ?? 'reset', state)
}

/** The whole task: who does it and why, how it ended, what it left; where they are known its runs and its rights too. */
export function renderTask(
  task: TaskView,
  paint: Paint,
  more?: Pick<TaskFound, 'attempts' | 'rights' | 'waitsFor'>,
): string {
  const pairs = renderPairs(
    [
      ['task', task.id],
      ['state', renderState(task.state, paint)],
      ['goal', wrap(task.goal, 84).join('\n')],
      ['agent', task.agent && renderAgentRef(task.agent, paint)],
      ['score', task.matchScore === undefined ? undefined : score(task.matchScore)],
      ['skills', task.requiredSkills.length > 0 ? listed(task.requiredSkills) : undefined],
      [
        'missing',
        task.missingSkills.length > 0 ? wrap(listed(task.missingSkills), 84).join('\n') : undefined,
      ],
      ['attempt', task.attempt > 0 ? `${task.attempt} of at most ${task.maxAttempts}` : undefined],
      ['runs', more && more.attempts.length > 0 ? more.attempts.map(renderAttempt).join('\n') : undefined],
      ['error', task.error && wrap(`${task.error.code}: ${task.error.message}`, 84).join('\n')],
      ['artifacts', task.artifacts.length > 0 ? task.artifacts.map(renderArtifact).join('\n') : undefined],
      [
        'waits for',
        more && more.waitsFor.length > 0
          ? more.waitsFor.map(({ kind, id }) => `${kind} ${id}`).join('\n')
          : undefined,
      ],
      ['approval', task.approvalId],
      ['part of', task.parentTaskId],
      ...(more ? rightsPairs(more.rights) : []),
      ['trace', task.traceId],
      ['updated', `${when(task.updatedAt)} UTC`],
    ],
    paint,
  )
  return task.result === undefined
    ? pairs
    : `${pairs}\n${paint('dim', 'result')}\n${renderBlock(task.result)}`
}

export function renderTasks(tasks: readonly TaskView[], paint: Paint): string {
  if (tasks.length === 0) return 'No tasks.'
  const short = shortIds(tasks.map(({ id }) => id))
  return renderTable(
    ['id', 'state', 'agent', 'score', 'updated (UTC)', 'goal'],
    tasks.map((task) => [
      short.get(task.id) ?? task.id,
      renderState(task.state, paint),
      task.agent ? shorten(task.agent.name, 18) : '–',
      task.matchScore === undefined ? '–' : score(task.matchScore),
      when(task.updatedAt),
      shorten(task.goal, 26),
    ]),
    paint,
  )
}

function renderAttempt({ number, agent, state, error }: AttemptView): string {
  const why = error ? `: ${shorten(`${error.code}: ${error.message}`, 60)}` : ''
  return `${number}. ${printable(agent.name)} v${agent.version} ${state}${why}`
}

function renderArtifact(artifact: ArtifactRef): string {
  return `${printable(artifact.path)} (${bytes(artifact.sizeBytes)})`
}

export function renderAgentRef(
  agent: { name: string; version: number; ephemeral: boolean },
  paint: Paint,
): string {
  const kind = agent.ephemeral ? 'ephemeral' : 'permanent'
  return `${paint('bold', printable(agent.name))} v${agent.version}, ${kind}`
}
