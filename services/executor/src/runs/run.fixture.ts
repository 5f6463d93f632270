import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AgentConfig,
  allRights,
  type SkillConfiguration,
  type SkillSnapshot,
  type SkillStep,
  type TaskRun,
} from '@guildhall/contracts'
import { vi } from 'vitest'
import type { ExecutorConfig } from '../executor.config.js'
import type { Said } from '../executor.fixture.js'

/** Folders of a test: the executor's own, one that tasks may write to, one that they may read. */
export function makeFolders() {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'executor-test-')))
  const folders = {
    root,
    dir: join(root, 'executor'),
    shared: join(root, 'shared'),
    readable: join(root, 'readable'),
  }
  for (const folder of [folders.shared, folders.readable]) mkdirSync(folder)
  mkdirSync(folders.dir, { mode: 0o700 })
  // Functions run as somebody else when the tests run as root.
  chmodSync(root, 0o755)
  chmodSync(folders.shared, 0o777)
  return { ...folders, remove: () => rmSync(root, { recursive: true, force: true }) }
}
export type TestFolders = ReturnType<typeof makeFolders>

export function configFor(
  { dir, shared, readable }: TestFolders,
  over: Partial<ExecutorConfig> = {},
): ExecutorConfig {
  return {
    dir,
    mountRoots: [
      { path: shared, mode: 'rw' },
      { path: readable, mode: 'ro' },
    ],
    privateDirs: [],
    functionSecretsDir: undefined,
    isolation: { kind: 'bubblewrap' },
    concurrency: 2,
    drainMs: 500,
    models: { endpoints: [], pricesFile: undefined, runBudget: {}, longConversations: 'summarise' },
    functionTiers: {},
    egressAddresses: [],
    ...over,
  }
}

export function skill(configuration: SkillConfiguration, over: Partial<SkillSnapshot> = {}): SkillSnapshot {
  return {
    id: randomUUID(),
    version: 1,
    name: 'test-skill',
    description: 'A skill of a test',
    requiredCapabilities: ['bash'],
    promptTemplate: 'Do it.',
    configuration,
    tags: [],
    examples: [],
    files: {},
    ...over,
  }
}

/** Steps that run bash, named in order: `first`, `second`, … */
export function bashSteps(...commands: string[]): SkillStep[] {
  const ids = ['first', 'second', 'third', 'fourth']
  return commands.map((command, index) => ({
    id: ids[index] ?? `step-${index}`,
    call: 'bash',
    arguments: { command },
  }))
}

export function taskRun(
  skills: SkillSnapshot[],
  over: Partial<TaskRun> = {},
  config: Partial<AgentConfig> = {},
): TaskRun {
  return {
    taskId: randomUUID(),
    runId: randomUUID(),
    attempt: 1,
    goal: 'Test the executor',
    inputs: {},
    files: [],
    mounts: [],
    timeoutMs: 60_000,
    rights: { ...allRights, hosts: [] },
    agent: {
      ref: { id: randomUUID(), name: 'tester', version: 1, ephemeral: false },
      config: {
        name: 'tester',
        description: 'Runs tests',
        prompt: 'You run tests.',
        runtime: 'script',
        skills: skills.map(({ name }) => name),
        functions: ['bash', 'fs.read', 'fs.write', 'fs.list'],
        configuration: {},
        ...config,
      },
      skills,
    },
    ...over,
  }
}

/** What the look finds, as soon as it finds something. */
export function until<T>(look: () => T | undefined | false, timeoutMs = 45_000): Promise<T> {
  return vi.waitFor(
    () => {
      const found = look()
      if (found === undefined || found === false) throw new Error(`not yet: ${look.toString()}`)
      return found
    },
    { timeout: timeoutMs, interval: 10 },
  )
}

/** The message that ends a run, when it has come. */
export function ended(said: readonly Said[], { runId }: Pick<TaskRun, 'runId'>): Promise<Said> {
  return until(() => endOf(said, runId))
}

/** The message that ended a run, if it has. */
export function endOf(said: readonly Said[], runId: string): Said | undefined {
  return said.find(
    ({ type, payload }) => payload['runId'] === runId && /^run\.(succeeded|failed|canceled)$/.test(type),
  )
}

/** The lines of a file that steps append to; none when it is not there. */
export function linesOf(path: string): string[] {
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return text === '' ? [] : text.trimEnd().split('\n')
}
