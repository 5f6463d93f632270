import { randomUUID } from 'node:crypto'
import { RunSucceeded, TaskRun } from '@guildhall/contracts'

/** JSON text of every payload that is carried, in bytes. */
export const payloadBytes = 500

/** Text to fill payloads with. */
export const filler =
  'Find the invoices of the last quarter, add them up and write the sum into a file. '.repeat(10)

/** What the raw streams and the peers carry: a body of `payloadBytes`, as the product's payload, and what it is about. */
export interface PlainMessage {
  v: 1
  id: string
  type: string
  src: string
  dst: string
  tenant: string
  corr: string
  reply?: string
  hop?: number
  tp: string
  exp: number
  body: { skill: string; attempt: number; args: { text: string; limit: number } }
}

export function plainMessage(index: number, way: { reply?: string } = {}): PlainMessage {
  const number = String(index).padStart(12, '0')
  const message: PlainMessage = {
    v: 1,
    id: `01935f3e-7a2b-7cc1-9a43-${number}`,
    type: 'task.run',
    src: 'task-scheduler',
    dst: 'executor',
    tenant: 'local',
    corr: `01935f3e-7a2b-7cc1-9a44-${number}`,
    ...way,
    tp: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    exp: 1_795_300_000_000,
    body: { skill: 'summarise', attempt: 1, args: { text: '', limit: 128 } },
  }
  message.body.args.text = fillerFor(message.body)
  return message
}

let goal: string | undefined

/** What the product carries: a `task.run` whose payload alone has `payloadBytes`; the header comes on top. */
export function taskRun(sentAtMs: number): TaskRun {
  const run: TaskRun = Object.assign(new TaskRun(), {
    taskId: randomUUID(),
    runId: randomUUID(),
    attempt: 1,
    goal: '',
    inputs: { sentAtMs },
    files: [],
    mounts: [],
    agent: {
      ref: { id: '01935f3e-7a2b-7cc1-9a43-0d7c5ad0a001', name: 'clerk', version: 1, ephemeral: false },
      config: {
        name: 'clerk',
        description: '',
        prompt: '',
        runtime: 'script' as const,
        skills: [],
        functions: [],
        configuration: {},
      },
      skills: [],
    },
    rights: { functions: [], mounts: [], hosts: [], budget: {} },
    timeoutMs: 60_000,
  } satisfies TaskRun)
  run.goal = goal ??= fillerFor(run)
  return run
}

let result: string | undefined

/** What the product says about a run, of `payloadBytes`. */
export function runSucceeded(): RunSucceeded {
  const succeeded: RunSucceeded = { taskId: randomUUID(), runId: randomUUID(), result: '', artifacts: [] }
  succeeded.result = result ??= fillerFor(succeeded)
  return succeeded
}

/** A key that makes `state.get` and its answer payloads of `payloadBytes` each. */
export const stateKey = filler.slice(0, payloadBytes - 12)

function fillerFor(message: object): string {
  return filler.slice(0, Math.max(0, payloadBytes - JSON.stringify(message).length))
}
