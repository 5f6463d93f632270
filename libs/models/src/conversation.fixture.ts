import type { ConversationOptions } from './conversation.options.js'
import { converse } from './converse.js'
import type { ConversationEvent } from './conversation.events.js'
import type { RecordedTurn } from './conversation.summary.js'
import type { TestEndpoint } from './endpoint.fixture.js'
import type { ModelEndpoint } from './model.endpoint.js'

export function endpointAt({ baseUrl }: TestEndpoint, over: Partial<ModelEndpoint> = {}): ModelEndpoint {
  return { baseUrl, model: 'm', maxRetries: 0, stallMs: 3_000, timeoutMs: 5_000, ...over }
}

/** A conversation with one tool, and everything that was reported of it. */
export async function talkWith(endpoints: readonly ModelEndpoint[], over: Partial<ConversationOptions> = {}) {
  const events: ConversationEvent[] = []
  const recorded: RecordedTurn[] = []
  const called: string[] = []
  const conversation = await converse({
    endpoints,
    system: 'You read files.',
    user: 'What is in a.txt?',
    tools: [{ name: 'fs.read', description: 'Reads a file', parameters: { type: 'object' } }],
    onTurn: (turn) => {
      recorded.push(structuredClone(turn))
      return Promise.resolve()
    },
    callTool: ({ id }) => {
      called.push(id)
      return Promise.resolve(`output of ${id}`)
    },
    onEvent: (event) => events.push(event),
    ...over,
  })
  const eventsOf = (kind: ConversationEvent['kind']) => events.filter((event) => event.kind === kind)
  return { conversation, events, recorded, called, of: eventsOf }
}
