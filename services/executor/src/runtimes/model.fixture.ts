import { type ChatCompletionRequest, LLMock } from '@copilotkit/aimock'

/** What the model says in one turn: an answer, or calls of functions by their wire names. */
export type ScriptedTurn = string | { name: string; arguments: unknown }[]

/**
 * An OpenAI-compatible endpoint that says the scripted turns, one a request, and remembers the requests.
 * @param pace how it streams: so many characters, then so many milliseconds of silence
 */
export async function startModel(
  turns: readonly ScriptedTurn[] | ((request: ChatCompletionRequest) => readonly ScriptedTurn[]),
  pace = { chunkSize: 20, latency: 0 },
) {
  const model = new LLMock({ port: 0, strict: true })
  await model.start()
  // A request has as many assistant messages as turns went before it.
  const answer = (request: ChatCompletionRequest) => {
    const number = request.messages.filter((message) => message.role === 'assistant').length
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
    get requests() {
      return model.getRequests().map((entry) => entry.body as ChatCompletionRequest)
    },
    endpoint: { baseUrl: `${model.url}/v1`, model: 'double', maxRetries: 0 },
    stop: () => model.stop(),
  }
}
