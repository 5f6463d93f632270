import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type OnApplicationBootstrap,
} from '@nestjs/common'
import type { Sandbox } from '@guildhall/sandbox'
import { Health, ServiceLogger } from '@guildhall/service-defaults'
import { RunLoop } from './runs/run.loop.js'
import { RunRepository } from './runs/run.repository.js'
import { RunFolders } from './workspaces/run.folders.js'

export const SANDBOX = Symbol('sandbox')

/** Begins to work only on a machine whose sandbox has withstood the probe, and hands over what runs at the end. */
@Injectable()
export class ExecutorLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(SANDBOX) private readonly sandbox: Sandbox,
    @Inject(RunRepository) private readonly runs: RunRepository,
    @Inject(RunFolders) private readonly folders: RunFolders,
    @Inject(RunLoop) private readonly loop: RunLoop,
    @Inject(Health) private readonly health: Health,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const { checks, tookMs } = await this.sandbox.probe()
    const failed = checks.filter((check) => !check.ok)
    if (failed.length > 0) {
      const which = failed.map(({ name, detail }) => `${name} (${detail})`).join('; ')
      const problem = `functions cannot be isolated on this machine: ${which}. Repair it and start the executor again`
      this.health.check('sandbox', () => {
        throw new Error(problem)
      })
      this.logger.error({ checks: failed }, problem)
      return
    }
    if (this.sandbox.kind === 'process') this.logger.warn({ checks }, 'function calls are not isolated')
    else {
      const image = checks.find(({ name }) => name === 'image')?.detail
      this.logger.info(
        { kind: this.sandbox.kind, image, checks: checks.length, tookMs },
        'the sandbox has withstood its probe',
      )
    }
    await this.sweep()
    await this.loop.start()
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop()
    await this.sandbox.coolDown()
  }

  /** Folders of runs that are over, left by an executor that was killed. */
  private async sweep(): Promise<void> {
    const runIds = await this.folders.leftBehind()
    const unfinished = await this.runs.unfinished(runIds)
    for (const runId of runIds.filter((id) => !unfinished.has(id))) {
      await this.folders.remove(runId).catch((error: unknown) => {
        this.logger.warn({ err: error, runId }, 'a left workspace could not be removed')
      })
    }
  }
}
