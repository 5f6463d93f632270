import type { ClientRequest } from 'node:http'

/** Of one answer, or of one document of an answer that has many. */
export const MAX_ANSWER_BYTES = 16 * 2 ** 20
const MESSAGE_CHARACTERS = 1_000

/** What a container engine or an API server refuses, or why it could not be asked. */
export abstract class RemoteError extends Error {
  constructor(
    /** HTTP status; 0 when the connection broke. */
    readonly status: number,
    message: string,
  ) {
    super(message.length > MESSAGE_CHARACTERS ? `${message.slice(0, MESSAGE_CHARACTERS)} …` : message)
  }
}

/** Who is asked says which error tells of it. */
type Failure = new (status: number, message: string) => RemoteError

/** What a client sends along with its question. */
export function jsonBody(body: unknown): { text?: string; headers: Record<string, string | number> } {
  if (body === undefined) return { headers: {} }
  const text = JSON.stringify(body)
  return {
    text,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
  }
}

/** Breaks off what has no answer in time. How long that takes to come in full is not bounded: a watch lasts. */
export function boundWait(asked: ClientRequest, withinMs: number): void {
  if (withinMs === Infinity) return
  const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${withinMs} ms`)), withinMs)
  for (const event of ['response', 'upgrade', 'close']) asked.once(event, () => clearTimeout(timer))
}

/** @throws a failure when there is more than anybody has to say */
export async function readContent(parts: AsyncIterable<Buffer>, failure: Failure): Promise<string> {
  const kept: Buffer[] = []
  let bytes = 0
  for await (const part of parts) {
    kept.push(part)
    bytes += part.length
    if (bytes > MAX_ANSWER_BYTES) throw new failure(0, `the answer has over ${MAX_ANSWER_BYTES} bytes`)
  }
  return Buffer.concat(kept).toString('utf8')
}

/** @throws a failure that says what `who` answered instead */
export function parseDocument(content: string, who: string, failure: Failure): unknown {
  try {
    return JSON.parse(content)
  } catch {
    throw new failure(0, `${who} answered what is no JSON: ${content.slice(0, 200)}`)
  }
}

/** What the other side says went wrong: its `message`, or the text that it answered with. */
export function messageOf(content: string): string | undefined {
  try {
    const { message } = JSON.parse(content) as { message?: unknown }
    return typeof message === 'string' ? message : undefined
  } catch {
    return content.trim().slice(0, 500) || undefined
  }
}
