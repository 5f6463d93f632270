import {
  Client,
  ProtocolError,
  StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client'
import type { Sandbox, SandboxRequest } from '@guildhall/sandbox'
import { SandboxPipe } from '../sandbox.pipe.js'
import type { McpEnd } from './mcp.end.js'
import { PipeTransport } from './pipe.transport.js'
import { SandboxFetch } from './sandbox.fetch.js'

/** The sandbox's own clock ends what takes too long. */
const requestOptions = { timeout: 2 ** 31 - 1 }

/** What a conversation is held in; the headers go with each request of one over HTTP. */
export interface ConversationPlace {
  sandbox: Sandbox
  request: SandboxRequest
  headers: Readonly<Record<string, string>>
}

/**
 * Starts a server (or what speaks with it) in the sandbox, does the work with it, and ends it. Nothing of a server's
 * schemas is carried out here, and it is told of nothing that this side could do for it.
 * @throws what `Sandbox.run` throws before anything has started
 */
export async function converseWith<T>(
  { sandbox, request, headers }: ConversationPlace,
  url: string | undefined,
  work: (client: Client, options: typeof requestOptions) => Promise<T>,
): Promise<McpEnd<T>> {
  const pipe = new SandboxPipe(sandbox, request)
  const transport = url === undefined ? new PipeTransport(pipe) : httpTransport(pipe, new URL(url), headers)
  const client = new Client(
    { name: 'guildhall', version: '1' },
    {
      capabilities: {},
      listMaxPages: 20,
      inputRequired: { autoFulfill: false },
      jsonSchemaValidator: {
        getValidator: () => (data) => ({ valid: true, data: data as never, errorMessage: undefined }),
      },
    },
  )
  const close = () => client.close().catch(() => undefined)
  pipe.ended.then(close, close)
  const done = await speak(client, transport, work).then(
    (value) => ({ value }),
    (error: unknown) => ({
      error: transport instanceof PipeTransport ? (transport.problem ?? asError(error)) : asError(error),
      isAnswer: error instanceof ProtocolError,
    }),
  )
  await close()
  pipe.end()
  return { ...(await pipe.ended), ...done }
}

async function speak<T>(
  client: Client,
  transport: Transport,
  work: (client: Client, options: typeof requestOptions) => Promise<T>,
): Promise<T> {
  await client.connect(transport, requestOptions)
  const value = await work(client, requestOptions)
  // A server over HTTP keeps a session until somebody says that it is over; not all know how to end one.
  if (transport instanceof StreamableHTTPClientTransport)
    await transport.terminateSession().catch(() => undefined)
  return value
}

function httpTransport(pipe: SandboxPipe, url: URL, headers: ConversationPlace['headers']): Transport {
  const { fetch } = new SandboxFetch(pipe)
  const reconnectionOptions = {
    maxRetries: 0,
    initialReconnectionDelay: 1_000,
    maxReconnectionDelay: 1_000,
    reconnectionDelayGrowFactor: 1,
  }
  return new StreamableHTTPClientTransport(url, {
    fetch,
    reconnectionOptions,
    requestInit: { headers: { ...headers } },
  })
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
