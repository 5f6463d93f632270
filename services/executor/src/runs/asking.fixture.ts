import { randomUUID } from 'node:crypto'
import { type ApprovalAnswered, type ApprovalAsk, approvalDigest, type TaskRun } from '@guildhall/contracts'
import type { Said } from '../executor.fixture.js'
import { bashSteps, skill, type TestFolders, taskRun, until } from './run.fixture.js'

/** What a run asked people, in order. */
export function asksOf(said: readonly Said[], { taskId }: TaskRun): ApprovalAsk[] {
  return said.flatMap(({ type, payload }) =>
    type === 'approval.ask' && payload['taskId'] === taskId ? [payload as unknown as ApprovalAsk] : [],
  )
}

/** The first question of a run, when it has come. */
export function asked(said: readonly Said[], request: TaskRun): Promise<ApprovalAsk> {
  return until(() => asksOf(said, request)[0])
}

/** What a person says to it; without changes: once. */
export function answerTo(
  { taskId, askId, kind, subject, files }: ApprovalAsk,
  over: Partial<ApprovalAnswered> = {},
): ApprovalAnswered {
  const digest = approvalDigest({ kind, subject, files })
  const allowed = { state: 'approved' as const, answer: 'once', permanent: false }
  return { taskId, askId, approvalId: randomUUID(), kind, digest, ...allowed, ...over }
}

/** A run whose only call writes a line to a file of the host. */
export function writing(folders: TestFolders, name: string, over: Partial<TaskRun> = {}): TaskRun {
  const steps = bashSteps(`echo done >> /mnt/shared/${name}`)
  return taskRun([skill({ steps })], { mounts: [{ source: folders.shared, mode: 'rw' }], ...over })
}
