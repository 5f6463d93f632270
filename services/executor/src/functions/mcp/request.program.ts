import { proxiedRequest } from '../proxied.request.js'

/**
 * Runs in the sandbox, with nothing but Node: makes the requests that come as lines of JSON on stdin, through the proxy,
 * and says what came back as lines of JSON. It follows no redirect and keeps nothing.
 */
export const requestProgram = `
${proxiedRequest}
const answers = new Map()
const say = (value) => process.stdout.write(JSON.stringify(value) + '\\n')

async function serve({ id, url, method, headers, body }) {
  try {
    if (!proxy) throw new Error('refused (no-hosts): this task may reach no host')
    const answer = await ask(new URL(url), { method, headers: { 'user-agent': 'guildhall', ...headers, 'accept-encoding': 'identity' }, body })
    answers.set(id, answer)
    const lines = Object.entries(answer.headers).flatMap(([name, value]) => [value].flat().map((one) => [name, one]))
    say({ id, status: answer.statusCode, headers: lines })
    for await (const part of answer) say({ id, chunk: part.toString('base64') })
    say({ id, end: true })
  } catch (error) {
    say({ id, error: error.message || error.code || 'the request failed' })
  } finally {
    answers.delete(id)
  }
}

require('node:readline').createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on('line', (line) => {
    const order = JSON.parse(line)
    if (order.cancel) answers.get(order.id)?.destroy()
    else serve(order)
  })
  .on('close', () => process.exit(0))
`
