import { type FunctionDefinition, InvalidArgumentsError } from './function.definition.js'
import { proxiedRequest } from './proxied.request.js'

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

interface FetchArguments {
  url: string
  method?: Method
  headers?: Record<string, string>
  body?: string
  maxBytes?: number
  timeoutMs?: number
}

/** As JSON, in which a character takes up to two, it stays below what an outcome holds. */
const mostBytes = 100_000

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/
const headerValue = /^[\t -~]*$/
/** They say how the message itself is sent, which is not the caller's to say. */
const keptHeaders =
  /^(?:host|connection|content-length|expect|keep-alive|te|trailer|transfer-encoding|upgrade|proxy-.*)$/i

export const httpFetch: FunctionDefinition<FetchArguments> = {
  name: 'http.fetch',
  description:
    'Fetches an http or https URL from the hosts that this task may reach. The output is JSON: url (the last one, when ' +
    'redirected), status, headers, body, encoding (utf8 or base64) and truncated. A status of 400 or more is no failure.',
  parameters: {
    type: 'object',
    properties: {
      url: { type: 'string', minLength: 1, maxLength: 8_192 },
      method: {
        enum: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
        description: 'Default GET.',
      },
      headers: { type: 'object', additionalProperties: { type: 'string' }, maxProperties: 50 },
      body: { type: 'string', maxLength: 1_048_576 },
      maxBytes: {
        type: 'integer',
        minimum: 1,
        maximum: mostBytes,
        description: `Of the body. Default ${mostBytes}.`,
      },
      timeoutMs: { type: 'integer', minimum: 1, maximum: 600_000, description: 'Default 60000.' },
    },
    required: ['url'],
    additionalProperties: false,
  },
  repeatable: false,
  tier: 'allow',
  command: ({ url, method = 'GET', headers = {}, body, maxBytes = mostBytes, timeoutMs }) => {
    const isReading = method === 'GET' || method === 'HEAD'
    if (isReading && body !== undefined) throw new InvalidArgumentsError(`http.fetch: ${method} has no body`)
    for (const [name, value] of Object.entries(headers)) {
      if (!headerName.test(name) || !headerValue.test(value) || keptHeaders.test(name))
        throw new InvalidArgumentsError(`http.fetch: the header ${JSON.stringify(name)} cannot be sent`)
    }
    return {
      argv: ['node', '-e', program],
      stdin: JSON.stringify({ url: plainUrl(url), method, headers, body, maxBytes }),
      network: true,
      repeatable: isReading,
      ...(timeoutMs !== undefined && { wallMs: timeoutMs }),
    }
  },
}

function plainUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new InvalidArgumentsError(`http.fetch: url must be an absolute http or https URL`)
  if (url.username !== '' || url.password !== '')
    throw new InvalidArgumentsError('http.fetch: url holds a user or password: send them as a header')
  url.hash = ''
  return url.href
}

/** Runs in the sandbox, with nothing but Node; what to fetch comes through stdin, and only the proxy is ever spoken to. */
const program = `
${proxiedRequest}
const { text } = require('node:stream/consumers'), { isUtf8 } = require('node:buffer')
const mostRedirects = 5

/** Secrets are for whom they were given to: to another host no header goes along. */
async function follow(order) {
  let url = new URL(order.url), headers = order.headers
  for (let redirects = 0; ; redirects++) {
    const answer = await ask(url, { ...order, headers: { 'user-agent': 'guildhall', 'accept-encoding': 'identity', ...headers } })
    const { location } = answer.headers
    const isRedirect = [301, 302, 303, 307, 308].includes(answer.statusCode) && location !== undefined
    if (!isRedirect || !['GET', 'HEAD'].includes(order.method) || !URL.canParse(location, url)) return { url, answer }
    if (redirects === mostRedirects) throw new Error('more than ' + mostRedirects + ' redirects')
    answer.destroy()
    const next = new URL(location, url)
    if (!['http:', 'https:'].includes(next.protocol) || next.username || next.password) throw new Error('redirected to what is no plain http or https URL')
    if (next.origin !== url.origin) headers = {}
    url = next
  }
}

async function read(answer, maxBytes) {
  const parts = []
  let size = 0
  for await (const part of answer) {
    parts.push(part)
    size += part.length
    if (size > maxBytes) break
  }
  const all = Buffer.concat(parts)
  return { bytes: all.subarray(0, maxBytes), truncated: all.length > maxBytes }
}

/** A character that was cut in two at the end does not make a text binary. */
function textOf(bytes, truncated) {
  for (let cut = 0; cut <= (truncated ? 3 : 0); cut++) {
    const rest = bytes.subarray(0, bytes.length - cut)
    if (isUtf8(rest) && !/[\\x00-\\x08\\x0b\\x0e-\\x1f]/.test(rest.toString())) return rest.toString()
  }
}

async function main() {
  if (!proxy) throw new Error('refused (no-hosts): this task may reach no host')
  const order = JSON.parse(await text(process.stdin))
  const { url, answer } = await follow(order)
  const { bytes, truncated } = await read(answer, order.maxBytes)
  const plain = textOf(bytes, truncated)
  const body = plain === undefined ? { body: bytes.toString('base64'), encoding: 'base64' } : { body: plain, encoding: 'utf8' }
  const result = { url: url.href, status: answer.statusCode, headers: answer.headers, ...body, truncated }
  process.stdout.write(JSON.stringify(result) + '\\n', () => process.exit(0))
}
main().catch((error) => {
  process.stderr.write('http.fetch: ' + (error.message || error.code) + '\\n', () => process.exit(1))
})
`
