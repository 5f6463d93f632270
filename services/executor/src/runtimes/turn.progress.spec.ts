import { describe, expect, it } from 'vitest'
import { TurnProgress } from './turn.progress.js'

function open() {
  const clock = { ms: 0 }
  const reports: string[] = []
  let sent = Promise.withResolvers<void>()
  const progress = new TurnProgress(
    (text) => {
      reports.push(text)
      return sent.promise
    },
    100,
    () => clock.ms,
  )
  progress.begin()
  const send = async () => {
    sent.resolve()
    await sent.promise
    await new Promise(setImmediate)
    sent = Promise.withResolvers()
  }
  return { clock, reports, progress, send }
}

describe('the progress of a turn', () => {
  it('is not reported when the turn is over soon', async () => {
    const { progress, reports, clock } = open()
    progress.add('Hello')
    clock.ms = 99
    progress.add(' there')
    await progress.end()
    expect(reports).toEqual([])
  })

  it('is what was said so far, one report at a time', async () => {
    const { progress, reports, clock, send } = open()
    progress.add('One ')
    clock.ms = 100
    progress.add('two ')
    clock.ms = 300
    progress.add('three ')
    expect(reports).toEqual(['One two '])
    await send()
    progress.add('four')
    expect(reports).toEqual(['One two ', 'One two three four'])
    await send()
  })

  it('begins anew with the turn, and keeps the end of a long text', async () => {
    const { progress, reports, clock, send } = open()
    progress.add('void')
    progress.begin()
    progress.add('Well, ')
    clock.ms = 100
    progress.add(`${'x'.repeat(3_000)}end`)
    expect(reports[0]).toHaveLength(2_000)
    expect(reports[0]).toMatch(/^x+end$/)
    await send()
  })
})
