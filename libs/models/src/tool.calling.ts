import type { RequestedToolCall, ToolResult } from './conversation.turn.js'
import { parseArguments, ToolRefusedError, type ToolCall } from './tool.call.js'
import type { ToolNames } from './tool.names.js'
import { cutToolOutput } from './tool.output.js'
import { ARGUMENTS_LIMIT_BYTES } from './turn.collector.js'

const QUOTED_ARGUMENTS_LIMIT_CHARS = 500

export interface CallSurroundings {
  names: ToolNames
  isTool: (name: string) => boolean
  run: (call: ToolCall) => Promise<string>
  outputLimitBytes: number
  /** Keeps an output that is too long, and says where. Absent: the rest is lost. */
  keepOutput: ((call: ToolCall, text: string) => Promise<string>) | undefined
  onCut: (call: ToolCall, bytes: number, keptAs: string | undefined) => void
}

/**
 * Runs one call, or says why it cannot run so that the model corrects itself.
 *
 * @throws whatever `run` and `keepOutput` throw, except `ToolRefusedError`
 */
export async function resultOfCall(
  requested: RequestedToolCall,
  surroundings: CallSurroundings,
): Promise<ToolResult> {
  const { names, isTool, run } = surroundings
  const { id, name, argumentsText, oversizeBytes } = requested
  const refused = (text: string): ToolResult => ({ callId: id, kind: 'error', text })
  if (!isTool(name)) {
    return refused(
      `there is no tool ${JSON.stringify(names.toWire(name))}: call only the tools you were given`,
    )
  }
  if (oversizeBytes !== undefined) {
    return refused(
      `the arguments have ${oversizeBytes} bytes, and a call may have ${ARGUMENTS_LIMIT_BYTES}: send them in parts`,
    )
  }
  let parsed: object
  try {
    parsed = parseArguments(argumentsText)
  } catch (error) {
    const sent = JSON.stringify(argumentsText.slice(0, QUOTED_ARGUMENTS_LIMIT_CHARS))
    return refused(`${(error as SyntaxError).message}: send one JSON object. You sent ${sent}`)
  }
  const call = { id, name, arguments: parsed }
  try {
    return { callId: id, kind: 'output', text: await cut(await run(call), call, surroundings) }
  } catch (error) {
    if (error instanceof ToolRefusedError) return refused(error.message)
    throw error
  }
}

async function cut(
  text: string,
  call: ToolCall,
  { outputLimitBytes, keepOutput, onCut }: CallSurroundings,
): Promise<string> {
  const bytes = Buffer.byteLength(text)
  if (bytes <= outputLimitBytes) return cutToolOutput(text, outputLimitBytes)
  const keptAs = await keepOutput?.(call, text)
  onCut(call, bytes, keptAs)
  return cutToolOutput(text, outputLimitBytes, keptAs)
}
