import {
  deserializeMessage,
  type JSONRPCMessage,
  serializeMessage,
  type Transport,
} from '@modelcontextprotocol/client'
import type { SandboxPipe } from '../sandbox.pipe.js'

/** Of one conversation: each costs this process far more than the server. */
const mostMessages = 1_000

/** MCP over the stdin and stdout of a program in the sandbox. What is no message ends it. */
export class PipeTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: Transport['onmessage']
  /** Why this side ended it; absent as long as the server keeps to the rules. */
  problem?: Error
  private heard = 0

  constructor(private readonly pipe: SandboxPipe) {
    pipe.onLine = (line) => this.hear(line)
  }

  start(): Promise<void> {
    return Promise.resolve()
  }

  send(message: JSONRPCMessage): Promise<void> {
    this.pipe.write(serializeMessage(message).trimEnd())
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.pipe.end()
    this.onclose?.()
    return Promise.resolve()
  }

  private hear(line: string): void {
    if (line.trim() === '') return
    const message = this.heard++ < mostMessages ? read(line) : undefined
    if (message) return this.onmessage?.(message)
    const problem =
      this.heard > mostMessages
        ? `the server said more than ${mostMessages} messages`
        : `the server wrote what is no message of MCP: ${JSON.stringify(line.slice(0, 200))}`
    this.problem = new Error(problem)
    void this.close()
  }
}

function read(line: string): JSONRPCMessage | undefined {
  try {
    return deserializeMessage(line)
  } catch {
    return undefined
  }
}
