import type { TaskEvent } from '@guildhall/client'
import type { ApprovalView, StepReport, TaskTransitioned } from '@guildhall/contracts'
import { decisionOf } from '../approvals/approval.rendering.js'
import type { Paint } from '../terminal/paint.js'
import { duration, listed, printable, scoreAgainst, wrap } from '../terminal/text.js'
import { renderState } from './task.rendering.js'

/** What an event says to somebody who waits, as lines; none for what the end of the task shows anyway. */
export function renderTaskEvent(event: TaskEvent, paint: Paint): string[] {
  if (event.type === 'run.progressed') return [renderStep(event.value.step, paint)]
  if (event.type === 'task.transitioned') return renderTransition(event.value, paint)
  if (event.type === 'approval.decided') return renderDecision(event.value.approval, paint)
  if (event.type !== 'approval.requested') return []
  const { question, id, escalatedAt } = event.value.approval
  const again = escalatedAt === undefined ? '' : ' (nobody answered: further people are asked)'
  return [`${paint('yellow', '?')} ${wrap(`${question}${again}`, 90).join('\n  ')}`, `  approval ${id}`]
}

function renderDecision(approval: ApprovalView, paint: Paint): string[] {
  const isAllowed = approval.state === 'approved'
  return [`${isAllowed ? paint('green', '✔') : paint('red', '✖')} ${decisionOf(approval) ?? approval.state}`]
}

function renderTransition({ to, match, attempt }: TaskTransitioned, paint: Paint): string[] {
  const again = attempt !== undefined && attempt > 1 ? ` (attempt ${attempt})` : ''
  const lines = [`${paint('dim', '→')} ${renderState(to, paint)}${again}`]
  if (!match) return lines
  const who = match.agent
    ? `agent ${printable(match.agent.name)} v${match.agent.version}, score`
    : 'no agent yet; the proposed one would score'
  lines.push(`  needs ${listed(match.requiredSkills)}`)
  lines.push(`  ${who} ${scoreAgainst(match.matchScore, match.threshold)}`)
  return [...lines, ...match.reasons.flatMap((reason) => indented(reason))]
}

export function renderStep(step: StepReport, paint: Paint): string {
  const what = step.kind === 'model-turn' ? 'model turn' : (step.function ?? 'function')
  const name = `${step.index + 1}. ${printable(step.name)} ${paint('dim', `(${printable(what)})`)}`
  if (step.state === 'started') return `  ${paint('cyan', '▸')} ${name}${saidSoFar(step)}`
  const isGood = (step.exitCode ?? 0) === 0 && (step.ending === undefined || step.ending === 'exited')
  const ending = [
    isGood ? undefined : (step.ending ?? 'ended'),
    step.exitCode === undefined ? undefined : `exit ${step.exitCode}`,
    step.tookMs === undefined ? undefined : duration(step.tookMs),
    ...usedUp(step),
  ].filter((part) => part !== undefined)
  return `  ${isGood ? paint('green', '✔') : paint('red', '✖')} ${name}${ending.length > 0 ? ` ${printable(ending.join(', '))}` : ''}`
}

/** What a model is saying, or a note about its turn, on the same line. */
function saidSoFar({ kind, output }: StepReport): string {
  if (kind !== 'model-turn' || !output) return ''
  const line = printable(output).replace(/\s+/g, ' ').trim()
  return `: ${line.length > 100 ? `…${line.slice(-100)}` : line}`
}

function usedUp({ kind, usage, costUsd }: StepReport): string[] {
  if (kind !== 'model-turn' || !usage) return []
  const { inputTokens, cachedInputTokens, outputTokens } = usage
  const cached = cachedInputTokens ? ` (${cachedInputTokens} cached)` : ''
  const cost = costUsd === undefined ? 'cost unknown' : `$${costUsd.toFixed(4)}`
  return [`${inputTokens}${cached} + ${outputTokens} tokens`, cost]
}

function indented(reason: string): string[] {
  return wrap(reason, 90).map((line, at) => `  ${at === 0 ? '· ' : '  '}${line}`)
}
