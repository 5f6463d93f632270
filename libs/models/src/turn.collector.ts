/** What one turn may bring, so that no endpoint can fill the memory or the record. */
export const ARGUMENTS_LIMIT_BYTES = 256 * 1024
const TEXT_LIMIT_CHARS = 1024 * 1024
const CALLS_LIMIT = 64
/** Beyond it the endpoint does not mean well. */
const TURN_LIMIT_BYTES = 16 * 1024 * 1024

/** The endpoint sent more than a turn may hold. */
export class TurnTooLongError extends Error {
  override name = 'TurnTooLongError'
}

interface CollectedCall {
  index: unknown
  id: string
  name: string
  arguments: string
  argumentsBytes: number
}

/** Puts a streamed answer together into one that looks as if it had come whole. */
export class TurnCollector {
  /** Everything that the model wrote, thoughts included, in bytes. */
  bytes = 0
  private model = ''
  private text = ''
  private refusal = ''
  private finishReason: string | undefined
  private usage: unknown
  private readonly calls: CollectedCall[] = []

  /** Whether the endpoint said how the turn ended; without it the stream was cut, unless `usage` came after it. */
  get isFinished(): boolean {
    return this.finishReason !== undefined || this.usage !== undefined
  }

  /** Whether nothing came that looks like an answer. */
  get isEmpty(): boolean {
    return this.bytes === 0 && this.calls.length === 0
  }

  /**
   * @param chunk whatever the endpoint sent as one event
   * @returns the text that it added
   * @throws TurnTooLongError
   */
  add(chunk: unknown): string {
    const { model, usage, choices } = fieldsOf(chunk)
    if (typeof model === 'string' && model !== '') this.model = model
    if (typeof usage === 'object' && usage !== null) this.usage = usage
    const choice = fieldsOf(Array.isArray(choices) ? choices[0] : undefined)
    if (typeof choice['finish_reason'] === 'string') this.finishReason = choice['finish_reason']
    const delta = fieldsOf(choice['delta'])
    const added = this.take(delta['content'])
    this.text += added.slice(0, Math.max(0, TEXT_LIMIT_CHARS - this.text.length))
    this.refusal += this.take(delta['refusal']).slice(0, Math.max(0, TEXT_LIMIT_CHARS - this.refusal.length))
    this.take(delta['reasoning_content'] ?? delta['reasoning'])
    if (Array.isArray(delta['tool_calls']))
      for (const call of delta['tool_calls']) this.addCall(fieldsOf(call))
    return added
  }

  /** A chat completion as `readTurn` reads it. */
  completion(): unknown {
    const { model, text, refusal, calls, usage, finishReason } = this
    const tool_calls = calls.map(({ id, name, arguments: text, argumentsBytes }) => ({
      id,
      function: { name, arguments: text },
      ...(argumentsBytes > ARGUMENTS_LIMIT_BYTES && { oversizeBytes: argumentsBytes }),
    }))
    // An answer that never began is left for `readTurn` to refuse.
    if (this.isEmpty && !this.isFinished) return undefined
    const message = { content: text, refusal, ...(tool_calls.length > 0 && { tool_calls }) }
    return { model, choices: [{ message, finish_reason: finishReason }], usage }
  }

  private addCall(delta: Record<string, unknown>): void {
    const { name, arguments: text } = fieldsOf(delta['function'])
    const call = this.callFor(delta)
    if (typeof delta['id'] === 'string') call.id ||= delta['id']
    if (typeof name === 'string') call.name ||= name.slice(0, 200)
    const added = this.take(typeof text === 'object' && text !== null ? JSON.stringify(text) : text)
    call.argumentsBytes += Buffer.byteLength(added)
    if (call.argumentsBytes <= ARGUMENTS_LIMIT_BYTES) call.arguments += added
    else call.arguments = ''
  }

  /** Pieces of one call have the same index; where endpoints leave it out, a new id or a name begins a new call. */
  private callFor({ index, id, function: fn }: Record<string, unknown>): CollectedCall {
    const last = this.calls.at(-1)
    const known =
      typeof index === 'number'
        ? this.calls.find((call) => call.index === index)
        : last && !fieldsOf(fn)['name'] && (!id || id === last.id)
          ? last
          : undefined
    if (known) return known
    if (this.calls.length >= CALLS_LIMIT)
      throw new TurnTooLongError(`more than ${CALLS_LIMIT} calls in one turn`)
    const call = { index, id: '', name: '', arguments: '', argumentsBytes: 0 }
    this.calls.push(call)
    return call
  }

  private take(value: unknown): string {
    if (typeof value !== 'string') return ''
    this.bytes += Buffer.byteLength(value)
    if (this.bytes > TURN_LIMIT_BYTES)
      throw new TurnTooLongError(`more than ${TURN_LIMIT_BYTES} bytes in one turn`)
    return value
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
