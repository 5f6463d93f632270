import {
  canonicalDigest,
  fittingList,
  type FunctionRegister,
  FunctionRegistered,
  InvalidFolderError,
  type McpServerDraft,
  noRights,
  problemOfSecrets,
  readFolderFiles,
  type ReceivedMessage,
  RequestError,
  type SkillFile,
} from '@guildhall/contracts'
import type { Database } from '@guildhall/mysql'
import { InvalidManifestError } from '../custom/custom.manifest.js'
import { readCustomFolder } from '../custom/custom.folder.js'
import { viewOf } from '../function.view.js'
import type { McpServer } from '../mcp/mcp.server.js'
import type { PinnedTools } from '../mcp/pinned.tool.js'
import { listTools } from '../mcp/tool.listing.js'
import type { TierSettings } from '../tier.policy.js'
import type { FunctionCatalog } from './function.catalog.js'
import type { FunctionFolders } from './function.folders.js'
import type { OperatorCaller, OperatorPlace } from './operator.place.js'
import { type Registrable, storeVersion } from './version.storing.js'

type Files = Record<string, SkillFile>

/** Takes in what operators register: reads a folder, or asks a server in the sandbox which tools it has. */
export class FunctionRegistration {
  constructor(
    private readonly database: Database,
    private readonly catalog: FunctionCatalog,
    private readonly folders: FunctionFolders,
    private readonly place: OperatorPlace,
    private readonly tiers: TierSettings,
  ) {}

  /** Answers in the transaction that stores it. @throws RequestError why it is not stored */
  async register(request: FunctionRegister, message: ReceivedMessage): Promise<void> {
    const { client } = message.stamp
    const files = filesOf(request)
    const { registrable, leftOut } = request.mcp
      ? await this.readServer(request.mcp, files, callerOf(message), message.signal)
      : { registrable: readFunction(files), leftOut: [] }
    await this.database.handleOnce(message, async (tx) => {
      const { tenant } = message.header
      const { version, created } = await storeVersion(tx.manager, registrable, {
        tenant,
        by: client?.id ?? '',
      })
      const definitions = await this.catalog.definitionsOf({ ...registrable, version })
      const { kept, omitted } = fittingList(definitions.map((definition) => viewOf(definition, this.tiers)))
      tx.reply(message, FunctionRegistered, { functions: kept, created, leftOut, omitted })
    })
  }

  private async readServer(
    draft: McpServerDraft,
    files: Files,
    caller: OperatorCaller,
    signal: AbortSignal,
  ): Promise<{ registrable: Registrable } & Pick<PinnedTools, 'leftOut'>> {
    const { tier = 'ask', repeatable = false, ...rest } = draft
    const server: McpServer = { ...rest, tier, repeatable }
    const hasFiles = Object.keys(files).length > 0
    if ((server.command === undefined) === (server.url === undefined))
      throw new RequestError('invalid-function', 'an MCP server has either a command or a url')
    if (server.url !== undefined && (hasFiles || !URL.canParse(server.url)))
      throw new RequestError(
        'invalid-function',
        hasFiles ? 'a server with a url has no files' : 'url is no URL',
      )
    if (server.url !== undefined && server.network !== undefined)
      throw new RequestError('invalid-function', 'a server with a url is always reached through the network')
    const place = server.url === undefined ? 'variable' : 'header'
    const unusable = server.secrets && problemOfSecrets(server.secrets, place)
    if (unusable !== undefined) throw new RequestError('invalid-function', `secrets: ${unusable}`)
    const folder = hasFiles ? await this.folders.folderOf(canonicalDigest({ files }), files) : undefined
    const { tools, leftOut } = await listTools(server, folder, (command) =>
      this.place.run(command, caller, signal),
    )
    const content = { mcp: { ...server, tools } }
    const digest = canonicalDigest({ content, files })
    return { registrable: { source: `mcp.${server.server}`, content, files, digest }, leftOut }
  }
}

function callerOf({ header: { tenant }, stamp: { client } }: ReceivedMessage): OperatorCaller {
  return { tenant, rights: client?.rights ?? noRights }
}

function filesOf({ files = {} }: FunctionRegister): Files {
  try {
    return readFolderFiles(files)
  } catch (error) {
    if (!(error instanceof InvalidFolderError)) throw error
    throw new RequestError('invalid-function', `${JSON.stringify(error.path)}: ${error.message}`)
  }
}

function readFunction(files: Files): Registrable {
  try {
    const manifest = readCustomFolder(files)
    const content = { custom: manifest }
    const digest = canonicalDigest({ content, files })
    return { source: `custom.${manifest.name}`, version: manifest.version, content, files, digest }
  } catch (error) {
    if (error instanceof InvalidManifestError) throw new RequestError('invalid-function', error.message)
    throw error
  }
}
