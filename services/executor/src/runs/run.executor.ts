import {
  type AgentRuntime as RuntimeName,
  allowsFunction,
  type ArtifactRef,
  type TaskRun,
  traceContext,
} from '@guildhall/contracts'
import type { Egress, RunEgress } from '@guildhall/egress'
import type { BudgetLimits } from '@guildhall/models'
import { type Database, IsNull, Not } from '@guildhall/mysql'
import type { HotStrings } from '@guildhall/state'
import { inSpan, type ServiceLogger } from '@guildhall/service-defaults'
import type { EgressRecord } from '../egress.record.js'
import type { ArtifactStore } from '../artifacts/artifact.store.js'
import type { FunctionRegistry } from '../functions/function.registry.js'
import type { FunctionCatalog } from '../functions/registration/function.catalog.js'
import { openBudget, type RunBudget } from '../runtimes/run.budget.js'
import { AgentState } from '../state/agent.state.js'
import type { AgentRuntime } from '../runtimes/agent.runtime.js'
import type { RunFolders } from '../workspaces/run.folders.js'
import type { RunSandboxes } from '../workspaces/run.sandboxes.js'
import { Delegation } from './delegation.entity.js'
import { decideRecovery } from './recovery.policy.js'
import { Question } from './question.entity.js'
import type { RunControl } from './run.control.js'
import { endingOf, type RunEnding } from './run.ending.js'
import type { ClaimedRun } from './run.entity.js'
import { RunFailure, RunInterrupted } from './run.failure.js'
import type { RunConclusion } from './run.conclusion.js'
import type { RunRepository } from './run.repository.js'
import { Step } from './step.entity.js'
import { StepDelegations } from './step.delegations.js'
import { StepLedger } from './step.ledger.js'

/** What is there of a run's work, however it ends. */
interface RunWork {
  kept: ArtifactRef[]
  budget?: RunBudget
}

/** Works on one claimed run: goes on where the record ends, ends it, and clears away what it left. */
export class RunExecutor {
  constructor(
    private readonly database: Database,
    private readonly runs: RunRepository,
    private readonly conclusion: RunConclusion,
    private readonly folders: RunFolders,
    private readonly artifacts: ArtifactStore,
    private readonly egress: Egress,
    private readonly sandboxes: RunSandboxes,
    private readonly egressRecord: EgressRecord,
    private readonly hot: HotStrings,
    /** What one run may use up of models at most. */
    private readonly runBudget: BudgetLimits,
    private readonly functions: FunctionCatalog,
    private readonly runtimes: Readonly<Record<RuntimeName, AgentRuntime>>,
    private readonly logger: ServiceLogger,
  ) {}

  /** @throws Error only when the database is away: the run is left to its lease then. */
  async execute(run: ClaimedRun, control: RunControl): Promise<void> {
    const { ref } = run.request.agent
    const attributes = {
      'guildhall.task.id': run.taskId,
      'guildhall.run.id': run.runId,
      'guildhall.agent': `${ref.name}@${ref.version}`,
    }
    await inSpan('run', { parent: traceContext(run.origin), attributes }, async (span) => {
      let ending: RunEnding
      const done: RunWork = { kept: [] }
      try {
        ending = { state: 'succeeded', result: await this.work(run, control, done) }
      } catch (error) {
        ending = endingOf(error, run.request.timeoutMs)
      }
      // From here on the run's own clock has nothing to say any more.
      control.end()
      span.setAttribute('guildhall.run.ending', ending.state)
      await this.end(run, ending, done, control)
    })
  }

  private async work(run: ClaimedRun, control: RunControl, done: RunWork): Promise<string> {
    const { request, runId } = run
    const handedOn = await this.database.manager.findBy(Delegation, { runId })
    const budget = (done.budget = openBudget(request, this.runBudget, run.modelBudget, handedOn))
    control.checkpoint()
    const functions = await this.functions.ofRun(run)
    const steps = await this.recover(run, functions)
    const taskMounts = await this.folders.taskMounts(request)
    if (steps.length === 0) await this.folders.prepare(request)
    const egress = await this.wayOut(request)
    const sayReached = this.egressRecord.follow(run)
    const ledger = new StepLedger(this.runs, run, control, steps)
    const sandbox = this.sandboxes.open(control.signal)
    try {
      return await this.runtimes[request.agent.config.runtime].run({
        request,
        control,
        ledger,
        functions,
        budget,
        state: this.stateOf(run),
        delegations: new StepDelegations(this.runs, run, budget, control, () => ledger.calls),
        granted: request.agent.config.functions.filter((name) => allowsFunction(request.rights, name)),
        rights: request.rights,
        agent: request.agent,
        tenant: run.origin.tenant,
        workspace: this.folders.workspaceOf(runId),
        sandbox,
        mounts: [...taskMounts, ...this.folders.skillMounts(request)],
        taskMounts: taskMounts.map((mount) => mount.target),
        ...(egress && { egress }),
        keepText: async (name, text) => {
          const artifact = await this.artifacts.keepText(run.taskId, `${keptFolder(runId)}${name}`, text)
          done.kept.push(artifact)
          return artifact.name
        },
      })
    } finally {
      try {
        await sandbox.close()
        await egress?.close()
        await sayReached()
      } finally {
        // Whatever way it ended: what happened comes before the end on record.
        await ledger.settle()
      }
    }
  }

  private stateOf({ request, origin }: ClaimedRun): AgentState {
    const { hot, database } = this
    return new AgentState({ tenant: origin.tenant, agent: request.agent.ref, hot, database })
  }

  private async wayOut({ runId, rights: { hosts } }: TaskRun): Promise<RunEgress | undefined> {
    return hosts.length === 0 ? undefined : this.egress.open(runId, hosts, this.folders.egressOf(runId))
  }

  /** @returns the steps on record, in order: those done, and those begun that are repeated or asked about */
  private async recover(run: ClaimedRun, functions: FunctionRegistry): Promise<Step[]> {
    const { runId, restarts, claims, request } = run
    const steps = await this.database.manager.find(Step, { where: { runId }, order: { index: 'ASC' } })
    const approvals = { runId, kind: 'function-call' as const, usedAt: Not(IsNull()) }
    const used = steps.length > 0 ? await this.database.manager.findBy(Question, approvals) : []
    const recovery = decideRecovery({
      steps: steps.map((step) => ({
        ...step,
        approved: used.some(({ stepIndex }) => stepIndex === step.index),
        reachesOutside: reachesOutside(step, functions),
      })),
      writesOutside: request.mounts.some((mount) => mount.mode === 'rw'),
      workspaceExists: await this.folders.hasWorkspace(runId),
      restarts,
      claims,
    })
    if (recovery.way !== 'begin')
      this.logger.info({ runId, taskId: run.taskId, ...recovery }, 'a run is taken over')
    switch (recovery.way) {
      case 'give-up':
        throw new RunFailure(recovery.code, recovery.message)
      case 'restart':
        await this.runs.beginAnew(run)
        return []
      case 'begin':
        return []
      case 'continue':
        return steps
    }
  }

  private async end(
    run: ClaimedRun,
    ending: RunEnding,
    { kept, budget }: RunWork,
    control: RunControl,
  ): Promise<void> {
    const { runId, taskId } = run
    try {
      if (ending.state === 'left') return await this.leave(run, ending, control)
      const collected =
        ending.state === 'canceled'
          ? { artifacts: [], refused: [] }
          : await this.artifacts.collect(this.folders.workspaceOf(runId), taskId, keptFolder(runId))
      if (ending.state !== 'canceled') collected.artifacts.push(...kept)
      await this.conclusion.conclude(run, ending, collected, budget, control.shutdownSignal)
    } catch (error) {
      if (!(error instanceof RunInterrupted)) throw error
      return this.logger.warn({ runId, taskId }, 'another executor has taken the run over')
    }
    await this.folders.remove(runId).catch((error: unknown) => {
      this.logger.warn(
        { err: error, runId },
        'the workspace could not be removed; the next start tries again',
      )
    })
  }

  private async leave(
    run: ClaimedRun,
    ending: RunEnding & { state: 'left' },
    control: RunControl,
  ): Promise<void> {
    const { runId, taskId, claims } = run
    if (ending.reason === 'lease-lost') {
      this.logger.warn({ runId, taskId }, 'the lease of the run is lost; its work here was stopped')
      return
    }
    if (ending.reason === 'waiting') {
      await this.runs.putAside(runId, control.restMs())
      this.logger.info({ runId, taskId }, 'the run waits for a person, or for what it handed on')
      return
    }
    if (ending.reason === 'broken') {
      this.logger.error({ err: ending.error, runId, taskId }, 'the run broke off; it will be taken again')
    }
    await this.runs.release(runId, ending.reason === 'broken' ? Math.min(250 * 2 ** claims, 30_000) : 0)
  }
}

function reachesOutside({ functionName }: Step, functions: FunctionRegistry): boolean {
  const definition = functionName === null ? undefined : functions.find(functionName)
  return definition !== undefined && 'work' in definition && definition.reachesOutside === true
}

/** Where among the artifacts the run's own are; an agent cannot put anything there. */
function keptFolder(runId: string): string {
  return `tool-outputs-${runId}/`
}
