import { newId, RequestError, type Rights } from '@guildhall/contracts'
import type { Egress } from '@guildhall/egress'
import { prepareWorkspace } from '@guildhall/sandbox'
import type { RunFolders } from '../../workspaces/run.folders.js'
import type { RunSandboxes } from '../../workspaces/run.sandboxes.js'
import type { FunctionCaller } from '../function.caller.js'
import type { SandboxCommand } from '../function.definition.js'
import type { FunctionOutcome } from '../function.outcome.js'

/** However long a function may take in a run, an operator waits for its end. */
export const longestCallMs = 60_000

/** On whose behalf a command runs. */
export interface OperatorCaller {
  tenant: string
  rights: Pick<Rights, 'hosts'>
}

/** Where commands run that belong to no run: an empty workspace, and of the network what their caller itself may reach. */
export class OperatorPlace {
  private running = 0

  constructor(
    private readonly caller: FunctionCaller,
    private readonly sandboxes: RunSandboxes,
    private readonly folders: RunFolders,
    private readonly egress: Egress,
    private readonly mostAtOnce: number,
  ) {}

  /** @throws RequestError `busy` when as many run as may */
  async run(command: SandboxCommand, caller: OperatorCaller, signal: AbortSignal): Promise<FunctionOutcome> {
    if (this.running >= this.mostAtOnce)
      throw new RequestError(
        'busy',
        `${this.mostAtOnce} calls of operators run at the moment: try again`,
        true,
      )
    this.running += 1
    try {
      return await this.runAlone(command, caller, signal)
    } finally {
      this.running -= 1
    }
  }

  private async runAlone(
    command: SandboxCommand,
    { tenant, rights: { hosts } }: OperatorCaller,
    signal: AbortSignal,
  ): Promise<FunctionOutcome> {
    const id = newId()
    const endsAt = performance.now() + longestCallMs
    try {
      const workspace = this.folders.workspaceOf(id)
      await prepareWorkspace(workspace)
      const isOnline = command.network && hosts.length > 0
      const egress = isOnline ? await this.egress.open(id, hosts, this.folders.egressOf(id)) : undefined
      const control = { restMs: () => endsAt - performance.now() }
      const sandbox = this.sandboxes.open(signal)
      try {
        const place = { control, tenant, workspace, sandbox, mounts: [], ...(egress && { egress }) }
        return await this.caller.run(command, {}, command.repeatable ?? false, place)
      } finally {
        await sandbox.close()
        await egress?.close()
      }
    } finally {
      await this.folders.remove(id)
    }
  }
}
