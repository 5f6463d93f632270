import { RequestError } from '@guildhall/contracts'
import type { SandboxCommand } from '../function.definition.js'
import { type FunctionOutcome, notPermitted } from '../function.outcome.js'
import { type McpEnd, outcomeOfFailure } from './mcp.end.js'
import { type McpServer, serverCommand } from './mcp.server.js'
import { type PinnedTools, pinTools, type ToolText } from './pinned.tool.js'

/**
 * Asks a server in the sandbox which tools it has.
 * @param run runs a command as an operator's
 * @throws RequestError `mcp-failed` saying what the server did instead
 */
export async function listTools(
  server: McpServer,
  folder: string | undefined,
  run: (command: SandboxCommand) => Promise<FunctionOutcome>,
): Promise<PinnedTools> {
  let listed: McpEnd<ToolText[]> | undefined
  const outcome = await run({
    ...serverCommand(server, folder),
    converse: async (sandbox, request, headers) => {
      const { converseWith } = await import('./mcp.conversation.js')
      listed = await converseWith({ sandbox, request, headers }, server.url, async (client, options) => {
        return (await client.listTools(undefined, options)).tools
      })
      return 'error' in listed ? outcomeOfFailure(listed) : notPermitted('nothing was called')
    },
  })
  if (!listed || 'error' in listed) throw failed(server, outcome)
  const pinned = pinTools(server.server, listed.value)
  if (pinned.tools.length > 0) return pinned
  const [first] = pinned.leftOut
  const why = first
    ? `none of its tools can be called here: ${first.tool}: ${first.reason}`
    : 'it has no tools'
  throw new RequestError('mcp-failed', `the MCP server ${server.server} is not registered: ${why}`)
}

function failed({ server }: McpServer, { ending, exitCode, stderr }: FunctionOutcome): RequestError {
  const how = ending === 'exited' ? `it ended with exit code ${exitCode}` : `it ended by ${ending}`
  const said = stderr.trim().slice(-1_000).toWellFormed()
  return new RequestError(
    'mcp-failed',
    `the MCP server ${server} told of no tools: ${how}${said === '' ? '' : `: ${said}`}`,
  )
}
