import {
  allowsMount,
  type Budget,
  type MountRequest,
  narrowRights,
  type NarrowedRights,
  type RefusalCode,
  type Rights,
  type RunUsage,
} from '@guildhall/contracts'
import type { Task } from './task.entity.js'

/** Of one run: far more than a task needs, few enough to keep an eye on. */
export const mostDelegations = 50

export interface Refused {
  code: RefusalCode
  message: string
}

/** What a task was given that the run handed on before; `used`: what it took of that, when it is over. */
export interface EarlierShare {
  budget: Budget
  attempts: number
  used?: RunUsage
}

/** Why a run may not hand on any more of its task, or undefined when it may. */
export function reasonNotToDelegate(
  parent: Pick<Task, 'state' | 'runId' | 'cancelReason' | 'depth'> | undefined,
  o: { runId: string; maxDepth: number; delegations: number },
): Refused | undefined {
  const isUnderWay = parent?.state === 'scheduled' || parent?.state === 'running'
  if (!isUnderWay || parent.runId !== o.runId || parent.cancelReason !== null) {
    return { code: 'run-ended', message: `run ${o.runId} is over or is to stop: it can hand nothing on` }
  }
  if (parent.depth >= o.maxDepth) {
    const message = `the task was handed on ${parent.depth} times itself, and the settings allow ${o.maxDepth}`
    return { code: 'too-deep', message }
  }
  if (o.delegations < mostDelegations) return undefined
  return { code: 'too-many-delegations', message: `run ${o.runId} has handed on ${mostDelegations} tasks` }
}

/**
 * What a task may do that a run hands on: what the run may, of that what is asked for. Of the run's budget it gets what
 * no earlier one used, or was given and may use yet, divided by its attempts: all of them together spend no more than the
 * run may. What the run has used itself only its executor knows, and asks for no more than the rest.
 */
export function delegatedRights(
  run: Rights,
  asked: Rights,
  o: { attempts: number; earlier: readonly EarlierShare[] },
): NarrowedRights {
  return narrowRights({ ...run, budget: shareOf(run.budget, o.attempts, o.earlier) }, asked)
}

/** Why these folders cannot be mounted, or undefined when all of them can. */
export function reasonNotToMount(mounts: readonly MountRequest[], rights: Rights): Refused | undefined {
  const beyond = mounts.filter((mount) => !allowsMount(rights, mount))
  if (beyond.length === 0) return undefined
  const named = beyond.map(({ source, mode }) => `${source} (${mode})`).join(', ')
  const held = rights.mounts.map(({ source, mode }) => `${source} (${mode})`).join(', ') || 'no folder'
  return { code: 'right-missing', message: `you may not have ${named} mounted; you hold ${held}` }
}

function shareOf(budget: Budget, attempts: number, earlier: readonly EarlierShare[]): Budget {
  const share: Budget = { ...budget }
  for (const kind of ['tokens', 'modelCalls', 'calls', 'costUsd'] as const) {
    const whole = budget[kind]
    if (whole === undefined) continue
    const given = earlier.reduce(
      (sum, { used, budget, attempts: most }) => sum + (used ? used[kind] : (budget[kind] ?? 0) * most),
      0,
    )
    const each = Math.max(0, whole - given) / attempts
    share[kind] = kind === 'costUsd' ? each : Math.floor(each)
  }
  return share
}
