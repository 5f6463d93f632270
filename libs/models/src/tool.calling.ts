import type { RequestedToolCall, ToolResult } from './conversation.turn.js'
import { parseArguments, ToolRefusedError, type ToolCall } from './tool.call.js'
import type { ToolNames } from './tool.names.js'
import { cutToolOutput } from './tool.output.js'
import { ARGUMENTS_LIMIT_BYTES } from './turn.collector.js'

const QUOTED_ARGUMENTS_LIMIT_CHARS = 500

/**
 * Runs one call, or says why it cannot run so that the model corrects itself.
 *
 * @throws whatever `run` throws, except `ToolRefusedError`
 */
export async function resultOfCall(
  requested: RequestedToolCall,
  names: ToolNames,
  isTool: (name: string) => boolean,
  run: (call: ToolCall) => Promise<string>,
): Promise<ToolResult> {
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
  try {
    return { callId: id, kind: 'output', text: cutToolOutput(await run({ id, name, arguments: parsed })) }
  } catch (error) {
    if (error instanceof ToolRefusedError) return refused(error.message)
    throw error
  }
}
