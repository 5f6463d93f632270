import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock'

/** What the model says in one turn: an answer, or calls of functions by their wire names. */
export type ScriptedTurn = string | { name: string; arguments: unknown }[]

const summary = 'The first numbers are 1 to 9.'

/**
 * An OpenAI-compatible endpoint that says the scripted turns, one a request, and remembers the requests. Asked for a
 * summary it says `summary`.
 * @param pace how it streams: so many characters, then so many milliseconds of silence
 */
export async function startModel(
  turns: readonly ScriptedTurn[] | ((request: ChatCompletionRequest) => readonly ScriptedTurn[]),
  pace = { chunkSize: 20, latency: 0 },
) {
  const model = new LLMock({ port: 0, strict: true })
  await model.start()
  // A request has as many assistant messages as turns went before it, but for those that are left out.
  const answer = (request: ChatCompletionRequest) => {
    const texts = request.messages.map(({ content }) => (typeof content === 'string' ? content : ''))
    if (texts[0]?.startsWith('You keep the notes')) return { content: summary }
    const leftOut = Number(/^Your first (\d+) turns are left out/.exec(texts[2] ?? '')?.[1] ?? 0)
    const number = leftOut + request.messages.filter(({ role }) => role === 'assistant').length
    const turn =
      (typeof turns === 'function' ? turns(request) : turns)[number] ?? 'I have nothing more to say.'
    if (typeof turn === 'string') return { content: turn }
    return {
      toolCalls: turn.map((call, index) => ({
        id: `call_${number}_${index}`,
        name: call.name,
        arguments: JSON.stringify(call.arguments),
      })),
    }
  }
  model.on({ endpoint: 'chat' }, answer, pace)
  return {
    summary,
    get requests() {
      return model.getRequests().map((entry) => entry.body as ChatCompletionRequest)
    },
    endpoint: { baseUrl: `${model.url}/v1`, model: 'double', maxRetries: 0 },
    stop: () => model.stop(),
  }
}
