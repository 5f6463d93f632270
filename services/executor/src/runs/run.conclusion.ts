import { nothingUsed, RunCanceled, RunFailed, RunSucceeded } from '@guildhall/contracts'
import type { Transaction } from '@guildhall/mysql'
import { Artifact } from '../artifacts/artifact.entity.js'
import type { CollectedArtifacts } from '../artifacts/artifact.store.js'
import type { RunBudget } from '../runtimes/run.budget.js'
import type { RunEnding } from './run.ending.js'
import type { Run } from './run.entity.js'
import { originNow } from './run.origin.js'
import type { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'

export type FinalEnding = Exclude<RunEnding, { state: 'left' }>

/** Says how a run ended, in the transaction that ends it. */
export class RunConclusion {
  constructor(private readonly runs: RunRepository) {}

  /**
   * @param budget absent when the run never came to have one
   * @param shutdown ends waiting for a database that is away
   * @throws RunInterrupted `lease-lost` when the run is somebody else's by now
   */
  async conclude(
    run: Run,
    ending: FinalEnding,
    { artifacts, refused }: CollectedArtifacts,
    budget: RunBudget | undefined,
    shutdown: AbortSignal,
  ): Promise<void> {
    const final = ending.state === 'succeeded' && refused.length > 0 ? incomplete(refused) : ending
    const { runId, taskId } = run
    await this.runs.fencedThroughOutage(runId, shutdown, async (tx) => {
      const createdAt = new Date()
      // A cancel may have come in since the work ended; what is done stays done.
      for (const { name, sizeBytes, sha256 } of artifacts) {
        await tx.manager.insert(Artifact, { runId, taskId, name, sizeBytes, sha256, createdAt })
      }
      await this.runs.finish(tx, run, final.state, final.state === 'failed' ? final.code : null)
      const calls = await tx.manager.countBy(Step, { runId, kind: 'function-call' })
      const used = budget?.used(calls) ?? nothingUsed
      const ids = { taskId, runId, used }
      const origin = originNow(run.origin)
      if (final.state === 'succeeded') {
        tx.publish(RunSucceeded, { ...ids, result: final.result, artifacts }, origin)
      } else if (final.state === 'failed') {
        const { code, message, retryable } = final
        tx.publish(RunFailed, { ...ids, code, message, retryable, artifacts }, origin)
      } else tx.publish(RunCanceled, ids, origin)
    })
  }

  /** Of a run that never began. */
  sayCanceled(tx: Transaction, { taskId, runId, origin }: Run): void {
    tx.publish(RunCanceled, { taskId, runId }, originNow(origin))
  }
}

function incomplete(refused: string[]): FinalEnding {
  const message = `the work is done, but not all of its artifacts can be kept: ${refused.slice(0, 5).join('; ')}`
  return { state: 'failed', code: 'artifacts-refused', message, retryable: false }
}
