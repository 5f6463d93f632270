import { describe, expect, it } from 'vitest'
import { ARGUMENTS_LIMIT_BYTES, TurnCollector, TurnTooLongError } from './turn.collector.js'

function collect(...deltas: unknown[]) {
  const collector = new TurnCollector()
  for (const delta of deltas) collector.add({ choices: [{ delta }] })
  return collector
}

function callsOf(collector: TurnCollector): unknown {
  const { choices } = collector.completion() as { choices: { message: { tool_calls?: unknown } }[] }
  return choices[0]?.message.tool_calls
}

const piece = (fields: object) => ({ tool_calls: [fields] })

describe('a streamed turn', () => {
  it('is put together from its pieces', () => {
    const collector = collect(
      { role: 'assistant', content: 'Let me ' },
      { content: 'look.' },
      piece({ index: 0, id: 'a', function: { name: 'fs_read', arguments: '{"pa' } }),
      piece({ index: 1, id: 'b', function: { name: 'bash', arguments: '' } }),
      piece({ index: 0, function: { arguments: 'th":1}' } }),
      piece({ index: 1, function: { arguments: '{}' } }),
    )
    collector.add({ model: 'm', choices: [{ delta: {}, finish_reason: 'tool_calls' }] })
    collector.add({ choices: [], usage: { prompt_tokens: 1 } })
    expect(collector.completion()).toEqual({
      model: 'm',
      choices: [
        {
          message: {
            content: 'Let me look.',
            refusal: '',
            tool_calls: [
              { id: 'a', function: { name: 'fs_read', arguments: '{"path":1}' } },
              { id: 'b', function: { name: 'bash', arguments: '{}' } },
            ],
          },
          finish_reason: 'tool_calls',
        },
      ],
      usage: { prompt_tokens: 1 },
    })
  })

  it('tells calls apart where the endpoint numbers none', () => {
    const collector = collect(
      piece({ id: 'a', function: { name: 'x', arguments: '{"n":' } }),
      piece({ function: { arguments: '1}' } }),
      piece({ id: 'b', function: { name: 'x', arguments: { n: 2 } } }),
      piece({ function: { name: 'x', arguments: '{}' } }),
    )
    expect(callsOf(collector)).toEqual([
      { id: 'a', function: { name: 'x', arguments: '{"n":1}' } },
      { id: 'b', function: { name: 'x', arguments: '{"n":2}' } },
      { id: '', function: { name: 'x', arguments: '{}' } },
    ])
  })

  it.each([
    null,
    7,
    'text',
    [],
    { choices: null },
    { choices: [null] },
    { choices: [{ delta: { content: 5, tool_calls: [null, 3, { function: 'f' }] } }] },
    { choices: [{ delta: { tool_calls: {} } }] },
  ])('survives %j', (chunk) => {
    expect(() => new TurnCollector().add(chunk)).not.toThrow()
  })

  it('keeps nothing of arguments that are too long but their size', () => {
    const half = 'x'.repeat(ARGUMENTS_LIMIT_BYTES / 2)
    const pieces = [half, half, 'é', half].map((text) =>
      piece({ index: 0, id: 'a', function: { name: 'x', arguments: text } }),
    )
    expect(callsOf(collect(...pieces.slice(0, 2)))).toMatchObject([{ function: { arguments: half + half } }])
    expect(callsOf(collect(...pieces))).toEqual([
      { id: 'a', function: { name: 'x', arguments: '' }, oversizeBytes: ARGUMENTS_LIMIT_BYTES * 1.5 + 2 },
    ])
  })

  it('ends when it holds more than any turn may', () => {
    const calls = Array.from({ length: 65 }, (_, index) => piece({ index, id: `c${index}` }))
    expect(() => collect(...calls)).toThrow(TurnTooLongError)
    const megabytes = Array<object>(17).fill({ reasoning_content: 'x'.repeat(1024 * 1024) })
    expect(() => collect(...megabytes)).toThrow(TurnTooLongError)
  })
})
