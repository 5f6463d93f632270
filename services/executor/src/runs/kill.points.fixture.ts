import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { SkillStep, TaskRun } from '@guildhall/contracts'
import type { StopAt } from '../executor.child.work.fixture.js'
import type { ScriptedTurn } from '../runtimes/model.fixture.js'
import { linesOf, skill, type TestFolders, taskRun } from './run.fixture.js'

/** Chance that can be repeated: the same seed and question give the same choice. */
export class Choices {
  constructor(private readonly seed: number) {}

  among<T>(question: string, items: readonly T[]): T {
    const number = createHash('sha256').update(`${this.seed} ${question}`).digest().readUInt32BE()
    return items[number % items.length] as T
  }
}

/** A run that leaves countable effects. */
export interface CountedRun {
  kind: string
  request: TaskRun
  /** What it must have done once each when it has succeeded. */
  effects: readonly string[]
  /** What it has done so far; of a run whose effects stay in its workspace: as its result tells. */
  done(result: unknown): string[]
  /** Writes to the ledger that it certainly makes, from the first intent to the end of the run. */
  writes: number
}

const append = (id: string, file: string, line = id): SkillStep => ({
  id,
  call: 'bash',
  arguments: { command: `printf '%s\\n' ${line} >> ${file}` },
})

export const kinds = ['outside', 'inside', 'loop', 'reads', 'model'] as const

/** What the model of a run of the kind `model` says. */
export function modelTurns(file: string): ScriptedTurn[] {
  const bash = (line: string) => ({
    name: 'bash',
    arguments: { command: `printf '%s\\n' ${line} >> ${file}` },
  })
  const list = { name: 'fs_list', arguments: { path: '/mnt/shared' } }
  return [[list, list, bash('a')], [bash('b'), list, list], 'done']
}

/** What a run of the kind `model` is to do. */
export function countedGoal(runId: string): string {
  return `Append to /mnt/shared/${runId}`
}

export function countedRun(kind: (typeof kinds)[number], folders: TestFolders): CountedRun {
  const request = taskRun([], { timeoutMs: 600_000 }, { functions: ['bash', 'fs.read', 'fs.list'] })
  const file = `/mnt/shared/${request.runId}`
  const onHost = () => linesOf(join(folders.shared, request.runId))
  const made = (steps: SkillStep[], effects: string[]): CountedRun => {
    const isInside = kind === 'inside'
    request.agent.skills = [skill({ steps })]
    if (!isInside) request.mounts = [{ source: folders.shared, mode: 'rw' }]
    const done = isInside ? (result: unknown) => String(result).split('\n') : onHost
    return { kind, request, effects, done, writes: steps.length + 2 }
  }
  const read = (id: string): SkillStep => ({ id, call: 'fs.read', arguments: { path: file } })
  switch (kind) {
    case 'outside':
      return made([append('a', file), append('b', file), append('c', file)], ['a', 'b', 'c'])
    case 'inside': {
      const show = { id: 'show', call: 'bash', arguments: { command: 'cat log' } }
      return made([append('a', 'log'), append('b', 'log'), show], ['a', 'b'])
    }
    case 'loop': {
      const each: SkillStep = {
        id: 'each',
        call: 'bash',
        forEach: ['a', 'b', 'c'],
        arguments: { command: `printf '%s\\n' "$1" >> ${file}`, args: [{ ref: 'item' }] },
      }
      return { ...made([each, read('read')], ['a', 'b', 'c']), writes: 6 }
    }
    case 'reads':
      return made([append('a', file), read('first'), read('second'), append('b', file)], ['a', 'b'])
    case 'model': {
      const run = made([], ['a', 'b'])
      request.agent.config.runtime = 'llm'
      request.goal = countedGoal(request.runId)
      return { ...run, writes: 6 }
    }
  }
}

/** After the first intent, and before its effect. */
export function midway({ request: { runId } }: CountedRun) {
  return { stop: { runId, write: 0, side: 'after' } satisfies StopAt, name: 'between intent and effect' }
}

/** Where an executor is killed that works on a new run, or that has taken an earlier one over. */
export function killPoint(choices: Choices, number: string, run: CountedRun, earlier?: string) {
  const side = choices.among(`${number} side`, ['before', 'after'] as const)
  if (earlier !== undefined && choices.among(`${number} earlier`, [true, false, false])) {
    const place = choices.among(`${number} take-over`, ['claimed', 'before', 'after'] as const)
    const stop: StopAt =
      place === 'claimed' ? { runId: earlier, claimed: true } : { runId: earlier, write: 0, side: place }
    return { stop, name: 'in a take-over' }
  }
  const { runId } = run.request
  const write = choices.among(
    `${number} write`,
    Array.from({ length: run.writes }, (_, index) => index),
  )
  const isLast = write === run.writes - 1
  const name =
    side === 'after'
      ? isLast
        ? 'between outcome and acknowledgement'
        : 'between intent and effect'
      : write === 0
        ? 'before the intent'
        : isLast
          ? 'between outcome and acknowledgement'
          : 'between effect and outcome'
  return { stop: { runId, write, side } satisfies StopAt, name }
}
