import { describe, expect, it } from 'vitest'
import { SentenceThread } from './sentence.thread.js'

const file = new URL('./moody.worker.fixture.mjs', import.meta.url)
const moody = (options = {}) => new SentenceThread({ file, pauseAfterEndMs: 0, ...options })
const vector = [Float32Array.of(1)]

describe('the thread of the sentence model', () => {
  it.each([
    ['end', 'ended with code 7'],
    ['throw', 'out of memory'],
  ])('tells everybody who waits when it comes to an "%s", and starts again', async (mood, reason) => {
    const thread = moody()
    await thread.embed(['answer'])
    const lost = [thread.embed([mood]), thread.embed(['answer'])]
    await Promise.all(lost.map((answer) => expect(answer).rejects.toThrow(reason)))
    expect(await thread.embed(['answer'])).toEqual(vector)
  })
  it('goes on after a text that the model cannot read', async () => {
    const thread = moody()
    await expect(thread.embed(['refuse'])).rejects.toThrow('cannot read this')
    expect(await thread.embed(['answer'])).toEqual(vector)
  })
  it('is given up when it hangs', async () => {
    const thread = moody({ silenceMs: 300 })
    await expect(thread.embed(['hang'])).rejects.toThrow('silent for 0.3 s')
  })
  it('refuses what would wait too long', async () => {
    const thread = moody({ longestQueue: 2, silenceMs: 1_000 })
    const waiting = [thread.embed(['hang']), thread.embed(['hang'])]
    await Promise.all([
      expect(thread.embed(['answer'])).rejects.toThrow('busy with 2 requests'),
      ...waiting.map((answer) => expect(answer).rejects.toThrow('silent')),
    ])
  })
  it('rests after its end, and says why it does not answer', async () => {
    const thread = moody({ pauseAfterEndMs: 60_000 })
    await expect(thread.embed(['end'])).rejects.toThrow('code 7')
    await expect(thread.embed(['answer'])).rejects.toThrow('code 7')
  })
})
