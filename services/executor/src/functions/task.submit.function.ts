import { posix } from 'node:path'
import type { MountRequest } from '@guildhall/contracts'
import type { SandboxMount } from '@guildhall/sandbox'
import type { EndedDelegation } from '../runs/step.delegations.js'
import type { BudgetShare } from '../runtimes/run.budget.js'
import type { ServiceDefinition } from './function.definition.js'
import { type FunctionOutcome, notPermitted } from './function.outcome.js'

interface SubmitArguments {
  goal: string
  inputs?: Record<string, unknown>
  files?: { name: string; content: string }[]
  mounts?: { path: string; mode: 'ro' | 'rw' }[]
  functions?: string[]
  hosts?: string[]
  budget?: BudgetShare
  timeoutMs?: number
}

const amount = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER }
const mostArtifacts = 200

export const taskSubmit: ServiceDefinition<SubmitArguments> = {
  name: 'task.submit',
  description:
    'Hands a part of the work on as a task of its own, to whichever agent fits it, and waits for its end. The output is JSON: ' +
    'taskId, state (completed, failed, canceled or rejected), result, error and artifacts. The task may do no more than this one ' +
    'may, shares its budget and its time, and sees none of its files but those given here.',
  parameters: {
    type: 'object',
    properties: {
      goal: { type: 'string', minLength: 1, maxLength: 20_000, description: 'What is wanted, in words.' },
      inputs: { type: 'object', description: 'Values for the parameters of the skill that will serve it.' },
      files: {
        type: 'array',
        maxItems: 20,
        description: 'Small text files, which the task finds in /workspace/inputs.',
        items: {
          type: 'object',
          properties: {
            name: { type: 'string', pattern: '^(?!\\.{1,2}$)[\\w. -]{1,200}$' },
            content: { type: 'string', maxLength: 50_000 },
          },
          required: ['name', 'content'],
          additionalProperties: false,
        },
      },
      mounts: {
        type: 'array',
        maxItems: 10,
        description: 'Folders below /mnt that the task sees too. Default none.',
        items: {
          type: 'object',
          properties: {
            path: { type: 'string', minLength: 1, maxLength: 1_024 },
            mode: { enum: ['ro', 'rw'] },
          },
          required: ['path', 'mode'],
          additionalProperties: false,
        },
      },
      functions: {
        type: 'array',
        maxItems: 50,
        items: { type: 'string', pattern: '^(?:\\*|[\\w-]+(?:\\.[\\w-]+)*(?:\\.\\*)?)$', maxLength: 128 },
        description: 'That it may call at most. Default: those that this task may.',
      },
      hosts: {
        type: 'array',
        maxItems: 50,
        items: { type: 'string', minLength: 3, maxLength: 300 },
        description: 'host:port that it may reach at most. Default: those that this task may.',
      },
      budget: {
        type: 'object',
        properties: {
          tokens: amount,
          costUsd: { type: 'number', minimum: 0, maximum: 1e9 },
          modelCalls: amount,
          calls: { ...amount, description: 'Function calls.' },
        },
        additionalProperties: false,
        description: 'Of what is left of this task’s; what it does not use comes back. Default half.',
      },
      timeoutMs: {
        type: 'integer',
        minimum: 1_000,
        maximum: 86_400_000,
        description: 'Default: all that is left.',
      },
    },
    required: ['goal'],
    additionalProperties: false,
  },
  // The same step hands on once, however often it is asked.
  repeatable: true,
  reachesOutside: true,
  tier: 'allow',
  work: async (args, { stepIndex, mounts: folders, delegations }) => {
    const { goal, inputs = {}, files = [], budget = {}, timeoutMs } = args
    const mounts: MountRequest[] = []
    for (const { path, mode } of args.mounts ?? []) {
      const source = sourceOf(path, folders)
      if (source === undefined) return notPermitted(`${path} is no folder of this task: those lie below /mnt`)
      mounts.push({ source, mode })
    }
    const end = await delegations.endOf(stepIndex, {
      goal,
      inputs,
      files: files.map(({ name, content }) => ({
        name,
        contentBase64: Buffer.from(content).toString('base64'),
      })),
      mounts,
      rights: {
        mounts,
        ...(args.functions && { functions: args.functions }),
        ...(args.hosts && { hosts: args.hosts }),
      },
      budget,
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
    return 'refused' in end ? notPermitted(end.refused) : outcomeOf(end)
  },
}

/** Where a folder of the task lies on the host. */
function sourceOf(path: string, folders: readonly SandboxMount[]): string | undefined {
  const full = posix.resolve('/workspace', path)
  const folder = folders.find(
    ({ target }) => target.startsWith('/mnt/') && (full === target || full.startsWith(`${target}/`)),
  )
  return folder && posix.join(folder.source, full.slice(folder.target.length))
}

function outcomeOf({ ended, removed, tookMs }: EndedDelegation): FunctionOutcome {
  const { delegatedTaskId: taskId, state, result, error, artifacts } = ended
  if (state === 'refused') return notPermitted(error?.message ?? 'the task was refused')
  const isDone = state === 'completed'
  const shown = {
    taskId,
    state,
    ...(result !== undefined && { result }),
    ...(error && { error }),
    artifacts: artifacts
      .slice(0, mostArtifacts)
      .map(({ name, sizeBytes, sha256, mediaType }) => ({ name, sizeBytes, sha256, mediaType })),
    ...(removed.length > 0 && { notGranted: removed }),
  }
  return {
    ending: 'exited',
    exitCode: isDone ? 0 : 1,
    stdout: JSON.stringify(shown),
    stderr: isDone ? '' : `the task ${taskId} is ${state}${error ? `: ${error.message}` : ''}`,
    truncated: artifacts.length > mostArtifacts,
    tookMs,
  }
}
