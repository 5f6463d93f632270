import { spawn } from 'node:child_process'
import { ownMark } from '../watch/owner-mark.js'
import { ownerLabel } from './container.body.js'

/**
 * Runs beside this process as `node -e` and outlives it for a moment: when its input ends, because nobody holds it any
 * more, it removes this process's containers. An engine would let them run on. A start that was under way shows a little
 * later, so it looks until there was nothing twice.
 */
const guard = `
const { request } = require('node:http')
const [socketPath, label, mark] = process.argv.slice(1)
const ask = (method, path) => new Promise((resolve) => {
  const asked = request({ socketPath, method, path, agent: false, timeout: 10000 }, (answer) => {
    let text = ''
    answer.on('data', (part) => { text += part }).on('end', () => resolve(text)).on('error', () => resolve(''))
  })
  asked.on('timeout', () => asked.destroy()).on('error', () => resolve('')).end()
})
const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
async function removeAll() {
  const found = JSON.parse(await ask('GET', '/containers/json?all=1&filters=' + filters) || '[]')
  const own = found.filter((one) => one.Labels[label].startsWith(mark + '-'))
  await Promise.all(own.map((one) => ask('DELETE', '/containers/' + one.Id + '?force=1&v=1')))
  return own.length
}
async function end() {
  for (let quiet = 0, rounds = 0; quiet < 2 && rounds < 40; rounds++) {
    quiet = await removeAll().catch(() => 1) === 0 ? quiet + 1 : 0
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
process.stdin.on('end', end).on('error', end).resume()
`

const guarded = new Set<string>()

/** Sees to it that no container of this process outlives it for long. One guard for each socket; idempotent. */
export function guardContainers(socketPath: string): void {
  if (guarded.has(socketPath)) return
  guarded.add(socketPath)
  const child = spawn(process.execPath, ['-e', guard, socketPath, ownerLabel, ownMark()], {
    env: {},
    cwd: '/',
    // A session of its own: what is sent to the terminal's programs is not for it.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  child.once('exit', () => guarded.delete(socketPath))
  child.once('error', () => guarded.delete(socketPath))
  child.stdin.on('error', () => undefined)
  child.unref()
  ;(child.stdin as unknown as { unref: () => void }).unref()
}
