import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { handOverLine } from './hand-over.js'

const print =
  'process.stdout.write(JSON.stringify([process.argv.slice(1), process.env.A, process.env.newline]))'

/** What a shell makes of the line, as the gate does. */
function become(words: string[], env: Record<string, string>): unknown {
  const line = handOverLine([process.execPath, '-e', print, '--', ...words], env)
  const gate = `newline='\n'; IFS= read -r line && eval "$line"`
  return JSON.parse(execFileSync('sh', ['-c', gate], { input: `${line}\n`, encoding: 'utf8' }))
}

it('hands words and variables over as they are', () => {
  const hostile = [
    `a 'b' "c"`,
    '$(id) `id` $HOME',
    'line\nbreak\n',
    '\\n\\',
    '',
    '-e',
    'é́ āă€𝄞\u0081',
    '*;&|<>#!~',
    '\t\r',
  ]
  expect(become(hostile, { A: hostile.join(''), newline: 'x\ny' })).toEqual([
    hostile,
    hostile.join(''),
    'x\ny',
  ])
  expect(become([], {})).toEqual([[], null, null])
})

it('leaves to a new sandbox what is long, and what shells keep for themselves', () => {
  expect(handOverLine(['echo', 'x'.repeat(9_000)], {})).toBeUndefined()
  expect(handOverLine(['true'], { PPID: '1' })).toBeUndefined()
  expect(handOverLine(['true'], { BASH_ENV: 'x' })).toBeUndefined()
})
