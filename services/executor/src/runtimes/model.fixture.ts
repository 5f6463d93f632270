import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the model says in one turn: an answer, or calls of functions by their wire names. */
export type ScriptedTurn = string | { name: string; arguments: unknown }[]

/** An OpenAI-compatible endpoint that says the scripted turns, one a request, and remembers the requests. */
export async function startModel(turns: readonly ScriptedTurn[]) {
  const requests: {
    messages: { role: string; content: string }[]
    tools?: { function: { name: string } }[]
  }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const turn = turns[requests.length] ?? 'I have nothing more to say.'
      requests.push(JSON.parse(body) as (typeof requests)[number])
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(completion(turn, requests.length)))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    requests,
    endpoint: {
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
      model: 'double',
      maxRetries: 0,
    },
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function completion(turn: ScriptedTurn, number: number) {
  const calls = typeof turn === 'string' ? [] : turn
  const toolCalls = calls.map((call, index) => ({
    id: `call_${number}_${index}`,
    type: 'function',
    function: { name: call.name, arguments: JSON.stringify(call.arguments) },
  }))
  return {
    id: `c${number}`,
    object: 'chat.completion',
    created: 0,
    model: 'double',
    choices: [
      {
        index: 0,
        finish_reason: calls.length > 0 ? 'tool_calls' : 'stop',
        message: {
          role: 'assistant',
          content: typeof turn === 'string' ? turn : null,
          ...(calls.length > 0 && { tool_calls: toolCalls }),
        },
      },
    ],
  }
}
