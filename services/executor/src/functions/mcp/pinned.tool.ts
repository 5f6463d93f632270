import { canonicalDigest, functionNamePattern, jsonBytes } from '@guildhall/contracts'

/** What a server says of a tool. */
export interface ToolText {
  name: string
  description?: string | undefined
  inputSchema: Record<string, unknown>
  outputSchema?: Record<string, unknown> | undefined
}

/** A tool as its server described it when it was registered. */
export interface PinnedTool {
  name: string
  description: string
  inputSchema: Record<string, unknown>
  outputSchema?: Record<string, unknown>
  /** SHA-256 (hex) of all this but the name. */
  digest: string
}

export interface PinnedTools {
  tools: PinnedTool[]
  leftOut: { tool: string; reason: string }[]
}

const mostTools = 100
const longestDescription = 4_000
const largestSchemaBytes = 16 * 1024

/** The same for the same description and schemas, in whatever order their keys stand. */
export function toolDigest({ description = '', inputSchema, outputSchema }: Omit<ToolText, 'name'>): string {
  return canonicalDigest({ description, inputSchema, outputSchema: outputSchema ?? null })
}

/** The tools of a server that can be called here, by name, and those that cannot. */
export function pinTools(server: string, said: readonly ToolText[]): PinnedTools {
  const tools = new Map<string, PinnedTool>()
  const leftOut: PinnedTools['leftOut'] = []
  for (const tool of said) {
    const reason = tools.has(tool.name)
      ? 'the server names it twice'
      : tools.size >= mostTools
        ? `a server has at most ${mostTools} tools here`
        : reasonNotToPin(server, tool)
    if (reason === undefined) tools.set(tool.name, pin(tool))
    else if (leftOut.length < mostTools)
      leftOut.push({ tool: tool.name.slice(0, 100).toWellFormed(), reason })
  }
  return { tools: [...tools.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), leftOut }
}

/** Why a tool cannot be called here, or undefined. */
export function reasonNotToPin(server: string, tool: ToolText): string | undefined {
  const { name, description = '', inputSchema, outputSchema } = tool
  if (!functionNamePattern.test(`mcp.${server}.${name}`)) {
    return 'its name is none that a function may have: letters, digits, _, - and single dots, at most 100 with the server’s'
  }
  if (description.length > longestDescription)
    return `its description has more than ${longestDescription} characters`
  if (jsonBytes([inputSchema, outputSchema]) > largestSchemaBytes)
    return `its schemas have more than ${largestSchemaBytes} bytes`
  try {
    toolDigest(tool)
    return undefined
  } catch {
    return 'its description or a schema holds broken Unicode'
  }
}

function pin(tool: ToolText): PinnedTool {
  const { name, description = '', inputSchema, outputSchema } = tool
  return { name, description, inputSchema, ...(outputSchema && { outputSchema }), digest: toolDigest(tool) }
}
