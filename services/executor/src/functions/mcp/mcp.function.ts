import { quoteAsData } from '@guildhall/models'
import type { FunctionDefinition } from '../function.definition.js'
import { type FunctionOutcome, outcomeOf } from '../function.outcome.js'
import type { ConversationPlace } from './mcp.conversation.js'
import { outcomeOfFailure, ToolChangedError } from './mcp.end.js'
import { type RegisteredServer, serverCommand } from './mcp.server.js'
import { type PinnedTool, toolDigest } from './pinned.tool.js'
import { outcomeOfTool } from './tool.outcome.js'

type Arguments = Record<string, unknown>

/** The functions that a registered server's tools are; each call has a server process, or a session, of its own. */
export function mcpFunctions(
  server: RegisteredServer,
  { version, folder }: { version: string; folder: string | undefined },
): FunctionDefinition<Arguments>[] {
  return server.tools.map((tool) => {
    const name = `mcp.${server.server}.${tool.name}`
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
      command: (args) => ({
        ...serverCommand(server, folder),
        converse: (sandbox, request, headers) => callTool({ sandbox, request, headers }, server, tool, args),
      }),
    }
  })
}

async function callTool(
  place: ConversationPlace,
  { server, url }: RegisteredServer,
  { name, digest }: PinnedTool,
  args: Arguments,
): Promise<FunctionOutcome> {
  // A great deal to load, which most executors never need.
  const { converseWith } = await import('./mcp.conversation.js')
  const end = await converseWith(place, url, async (client, options) => {
    const { tools } = await client.listTools(undefined, options)
    const tool = tools.find((one) => one.name === name)
    if (!tool) throw new ToolChangedError(`the server ${server} has no tool ${name} any more`)
    if (toolDigest(tool) !== digest) {
      throw new ToolChangedError(
        `the server ${server} describes ${name} otherwise than when it was registered: an operator has to register it anew`,
      )
    }
    return client.callTool({ name, arguments: args }, options)
  })
  return 'value' in end ? { ...outcomeOf(end.result), ...outcomeOfTool(end.value) } : outcomeOfFailure(end)
}
