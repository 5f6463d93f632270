/** A function that the model may call. */
export interface ToolDefinition {
  /** Our own function name, dots allowed (`fs.read`); unique in a conversation. */
  name: string
  /** Read by the model to decide when to call it. */
  description: string
  /** JSON Schema of the arguments object. Not enforced here: the function validates what it gets. */
  parameters: object
  /**
   * Whether its calls of one turn may run at the same time as their neighbours that may, too; default false. For what
   * only reads: the model wrote the calls in an order, and relies on it.
   */
  sideBySide?: boolean
}

/** One call that the model asked for, ready to run: the tool exists and the arguments are a JSON object. */
export interface ToolCall {
  /** Unique in the conversation and stable across replays, `[A-Za-z0-9_-]`, at most 64 characters. */
  id: string
  /** Our own function name. */
  name: string
  /** A parsed JSON object, otherwise unchecked. */
  arguments: unknown
}

/** Where in a conversation a call stands. The same again in a replay. */
export interface CallPosition {
  /** Of the model's turns; summaries are none. */
  turnIndex: number
  /** Among the calls of that turn, those that never reach `callTool` counted. */
  callIndex: number
}

/**
 * Thrown by `callTool` when the call must not happen but the conversation goes on: the model is told the message.
 * The message reaches the model outside the data fence, so it must not quote tool output; cut at 2000 characters.
 */
export class ToolRefusedError extends Error {
  override name = 'ToolRefusedError'
}

/**
 * Reads arguments as models write them; an empty text means no arguments, as several endpoints send it.
 *
 * @throws SyntaxError, with a message for the model, when the text is not one JSON object
 */
export function parseArguments(text: string): object {
  if (text.trim() === '') return {}
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SyntaxError('the arguments are not valid JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new SyntaxError('the arguments must be a JSON object')
  }
  return value
}
