import { newId } from '@guildhall/contracts'
import { prepareWorkspace, type Sandbox, type SandboxMount, type SandboxRequest } from '@guildhall/sandbox'
import type { RunFolders } from '../../workspaces/run.folders.js'
import type { SandboxCommand } from '../function.definition.js'
import { type FunctionOutcome, notStarted, outcomeOf } from '../function.outcome.js'
import { type SecretFolder, SecretUnusableError } from './secret.folder.js'
import { hideSecrets } from './secret.hiding.js'

/** Where a command that uses secrets runs. */
export interface PlaceApart {
  workspace: string
  mounts: readonly SandboxMount[]
  env: Record<string, string>
}

/**
 * Gives commands the secrets that they name. Whatever an agent could have prepared for such a program is kept from it, since it
 * could make the program give its secrets away: the workspace is an empty one of its own, without the folders of the task and
 * without variables that the agent chose; what the program says is cleared of the secrets before anybody sees it.
 */
export class SecretCalls {
  constructor(
    private readonly secrets: SecretFolder,
    private readonly folders: RunFolders,
  ) {}

  /** @param call runs the command at its place */
  async run(
    command: SandboxCommand,
    tenant: string,
    call: (command: SandboxCommand, place: PlaceApart) => Promise<FunctionOutcome>,
  ): Promise<FunctionOutcome> {
    const { secrets: used, converse, conclude, ...rest } = command
    if (!used) throw new Error('the command uses no secrets')
    const names = Object.entries(used.names)
    let values: Map<string, string>
    try {
      values = await this.secrets.read(tenant, Object.values(used.names))
    } catch (error) {
      if (error instanceof SecretUnusableError) return notStarted(error.message, true)
      throw error
    }
    const held = Object.fromEntries(names.map(([holder, secret]) => [holder, values.get(secret) ?? '']))
    const isVariables = used.as === 'variables'
    const speak = async (sandbox: Sandbox, request: SandboxRequest) =>
      converse ? converse(sandbox, request, isVariables ? {} : held) : outcomeOf(await sandbox.run(request))
    const hidden: SandboxCommand = {
      ...rest,
      env: { ...(isVariables && held), ...rest.env },
      converse: async (sandbox, request) => {
        const outcome = hideSecrets(await speak(sandbox, request), values)
        return conclude?.(outcome) ?? outcome
      },
    }
    const id = newId()
    try {
      const workspace = this.folders.workspaceOf(id)
      await prepareWorkspace(workspace)
      return await call(hidden, { workspace, mounts: [], env: {} })
    } finally {
      await this.folders.remove(id)
    }
  }
}
