import { quoteAsData } from '@guildhall/models'
import type { FunctionDefinition, SandboxCommand } from '../function.definition.js'
import { type FunctionOutcome, outcomeOf } from '../function.outcome.js'
import type { ConversationPlace } from './mcp.conversation.js'
import { outcomeOfFailure, ToolChangedError } from './mcp.end.js'
import { type RegisteredServer, serverCommand } from './mcp.server.js'
import type { PinnedTool } from './pinned.tool.js'
import { changeOf } from './tool.change.js'
import { outcomeOfTool } from './tool.outcome.js'

type Arguments = Record<string, unknown>

/** The functions that a registered server's tools are; each call has a server process, or a session, of its own. */
export function mcpFunctions(
  server: RegisteredServer,
  { version, folder }: { version: string; folder: string | undefined },
): FunctionDefinition<Arguments>[] {
  return server.tools.map((tool) => {
    const name = `mcp.${server.server}.${tool.name}`
    const commandFor = (args: Arguments, accepted?: string): SandboxCommand => ({
      ...serverCommand(server, folder),
      converse: (sandbox, request, headers) =>
        callTool({ sandbox, request, headers }, server, tool, args, accepted),
    })
    return {
      name,
      description:
        `A tool of the MCP server ${server.server}, which describes it so:\n` +
        quoteAsData(name, tool.description),
      parameters: tool.inputSchema,
      ...(tool.outputSchema && { result: tool.outputSchema }),
      repeatable: server.repeatable,
      tier: server.tier,
      ...(server.network && { capability: 'http.fetch' as const }),
      ...(server.secrets && { secrets: server.secrets }),
      registered: {
        source: 'mcp',
        version,
        digest: tool.digest,
        described: tool.description,
        foreignSchema: true,
      },
      command: (args) => ({ ...commandFor(args), accepting: (digest) => commandFor(args, digest) }),
    }
  })
}

/** @param accepted digest of what a person allowed the tool to be instead of what was registered */
async function callTool(
  place: ConversationPlace,
  { server, url }: RegisteredServer,
  pinned: PinnedTool,
  args: Arguments,
  accepted?: string,
): Promise<FunctionOutcome> {
  const { name } = pinned
  // A great deal to load, which most executors never need.
  const { converseWith } = await import('./mcp.conversation.js')
  const end = await converseWith(place, url, async (client, options) => {
    const { tools } = await client.listTools(undefined, options)
    const tool = tools.find((one) => one.name === name)
    if (!tool) throw new ToolChangedError(`the server ${server} has no tool ${name} any more`)
    const change = changeOf(server, tool, pinned)
    if (typeof change === 'string')
      throw new ToolChangedError(`${name} of the server ${server} is not what was registered: ${change}`)
    if (change && change.digest !== accepted)
      throw new ToolChangedError(
        `the server ${server} describes ${name} otherwise than when it was registered: register it anew`,
        change,
      )
    return client.callTool({ name, arguments: args }, options)
  })
  return 'value' in end ? { ...outcomeOf(end.result), ...outcomeOfTool(end.value) } : outcomeOfFailure(end)
}
