import type { FunctionTier, SecretNames } from '@guildhall/contracts'
import type { SandboxCommand } from '../function.definition.js'
import { inFolder } from '../function.folder.js'
import type { PinnedTool } from './pinned.tool.js'
import { requestProgram } from './request.program.js'

/** An MCP server as an operator registered it: either `command` or `url`. */
export interface McpServer {
  server: string
  command?: string[]
  url?: string
  tier: FunctionTier
  repeatable: boolean
  /** Its program goes out to the hosts of the run; one with a url always does. */
  network?: boolean
  /** Of a program the variables, of a url the headers that hold them. */
  secrets?: SecretNames
}

/** A server with the tools that it had when it was registered. */
export interface RegisteredServer extends McpServer {
  tools: PinnedTool[]
}

/**
 * What runs in the sandbox to speak with a server: the server itself, or what carries requests to it, since nobody else in
 * the sandbox has a way out.
 * @param folder where the server's files lie on this machine, if it has any
 */
export function serverCommand(server: McpServer, folder: string | undefined): SandboxCommand {
  const { command, url, secrets: names, network = false } = server
  const used = (as: 'variables' | 'headers') => names && { secrets: { as, names } }
  if (url !== undefined) return { argv: ['node', '-e', requestProgram], network: true, ...used('headers') }
  if (command === undefined) throw new Error('a server has a command or a url')
  const called = folder === undefined ? { argv: command } : inFolder(folder, command)
  return { ...called, network, ...used('variables') }
}
