import { describe, expect, it } from 'vitest'
import type { ConversationTurn } from './conversation.turn.js'
import { summaryRequest, type SummaryMaterial } from './summary.request.js'

const turn = (output: string, over: Partial<ConversationTurn> = {}): ConversationTurn => ({
  model: 'm',
  text: '',
  toolCalls: [{ id: 'c', name: 'fs.read', argumentsText: '{"path":"a"}' }],
  finishReason: 'tool_calls',
  toolResults: [{ callId: 'c', kind: 'output', text: output }],
  ...over,
})

const contentFor = (over: Partial<SummaryMaterial>): string => {
  const material = { user: 'Read it.', turns: [], earlier: undefined, limitBytes: 100_000, ...over }
  return summaryRequest(material).messages[1]?.content as string
}

describe('what a summary is made of', () => {
  it('is the task and the turns in words, with what came of their calls', () => {
    const failed = turn('no such file', {
      text: 'Let me see.',
      toolResults: [{ callId: 'c', kind: 'error', text: 'no such file' }],
    })
    const content = contentFor({ turns: [turn('text of a'), failed, turn('', { toolResults: [] })] })
    expect(content).toContain('label="task">\nRead it.\n')
    expect(content).toContain(
      [
        'label="record">',
        'Turn 1\nCalled fs.read with {"path":"a"}\nOutput: text of a\n',
        'Turn 2\nSaid: Let me see.\nCalled fs.read with {"path":"a"}\nError: no such file\n',
        'Turn 3\nCalled fs.read with {"path":"a"}\n</data',
      ].join('\n'),
    )
  })

  it('has an earlier summary in the place of the turns that it stands for', () => {
    const content = contentFor({
      turns: ['one', 'two', 'three'].map((output) => turn(output)),
      earlier: { text: 'One and two.', turns: 2 },
    })
    expect(content).toMatch(/record">\nTurns 1 to 2, already summarised:\nOne and two\.\n\nTurn 3\n[^]*three/)
    expect(content).not.toMatch(/Output: one/)
  })

  it('is cut where it is long, so that each turn keeps its share', () => {
    const turns = Array.from({ length: 5 }, (_none, index) => turn(`${index}`.repeat(50_000)))
    const content = contentFor({ turns, user: 'u'.repeat(50_000), limitBytes: 20_000 })
    expect(Buffer.byteLength(content)).toBeLessThan(25_000)
    for (const index of turns.keys()) expect(content).toContain(`Output: ${`${index}`.repeat(1_000)}`)
    const most = contentFor({ turns: Array<ConversationTurn>(5_000).fill(turn('x')), limitBytes: 3_000 })
    expect(Buffer.byteLength(most)).toBeLessThan(3_500)
  })

  it('is the same for the same turns', () => {
    const turns = [turn('x'.repeat(100_000))]
    expect(contentFor({ turns })).toBe(contentFor({ turns }))
  })
})
