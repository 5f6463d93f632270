import { ProtocolError } from '@modelcontextprotocol/client'
import type { Sandbox, SandboxRequest } from '@guildhall/sandbox'
import { quoteAsData } from '@guildhall/models'
import type { FunctionDefinition } from '../function.definition.js'
import { type FunctionOutcome, notPermitted, outcomeOf } from '../function.outcome.js'
import { converseWith, type McpEnd } from './mcp.conversation.js'
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
      registered: {
        source: 'mcp',
        version,
        digest: tool.digest,
        described: tool.description,
        foreignSchema: true,
      },
      command: (args) => ({
        ...serverCommand(server, folder),
        converse: (sandbox, request) => callTool(sandbox, request, server, tool, args),
      }),
    }
  })
}

/** The tool is not what was registered: what a person allowed was another one. */
class ToolChangedError extends Error {
  override readonly name = 'ToolChangedError'
}

async function callTool(
  sandbox: Sandbox,
  request: SandboxRequest,
  { server, url }: RegisteredServer,
  { name, digest }: PinnedTool,
  args: Arguments,
): Promise<FunctionOutcome> {
  const end = await converseWith(sandbox, request, url, async (client, options) => {
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
  return 'value' in end
    ? outcomeOfTool(end.value, Math.round(end.result.usage.wallMs))
    : outcomeOfFailure(end, end.error)
}

/** Why a conversation came to nothing: what ended the program, else what went wrong while it was spoken with. */
export function outcomeOfFailure({ result, isOurs, stderr }: McpEnd<unknown>, error: Error): FunctionOutcome {
  if (error instanceof ToolChangedError) return notPermitted(error.message)
  const { exitCode: _, ...outcome } = outcomeOf({ ...result, stderr })
  const said = (outcome.stderr.trim() + `\n${error.message.slice(0, 1_000).toWellFormed()}\n`).trimStart()
  if (error instanceof ProtocolError) return { ...outcome, ending: 'exited', exitCode: 1, stderr: said }
  if (isOurs || (result.ending === 'exited' && result.exitCode === 0))
    return { ...outcome, ending: 'invalid-result', stderr: said }
  return outcomeOf({ ...result, stderr })
}
