// Arguments come as JSON on stdin, the result goes as JSON to stdout. It runs in a sandbox, with this folder read-only.
import { text } from 'node:stream/consumers'

const { text: given, atMost = 10 } = JSON.parse(await text(process.stdin))
const counts = new Map()
for (const word of given.toLowerCase().match(/\p{L}+/gu) ?? []) counts.set(word, (counts.get(word) ?? 0) + 1)
const sorted = [...counts].sort(([one, a], [other, b]) => b - a || (one < other ? -1 : 1))
process.stdout.write(`${JSON.stringify(Object.fromEntries(sorted.slice(0, atMost)))}\n`)
