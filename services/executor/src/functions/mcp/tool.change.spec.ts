import { describe, expect, it } from 'vitest'
import { pinTools, toolDigest, type ToolText } from './pinned.tool.js'
import { changeOf } from './tool.change.js'

const tool: ToolText = { name: 'read', description: 'Reads', inputSchema: { type: 'object', properties: {} } }
const pinned = pinTools('files', [tool]).tools[0]!

describe('how a tool differs from what was registered', () => {
  it('is nothing for the same words, whatever the order of keys', () => {
    expect(
      changeOf('files', { ...tool, inputSchema: { properties: {}, type: 'object' } }, pinned),
    ).toBeUndefined()
  })

  it('is each part that is not as it was', () => {
    const outputSchema = { type: 'object' }
    const now = { ...tool, description: 'Reads all', outputSchema }
    expect(changeOf('files', now, pinned)).toEqual({
      digest: toolDigest(now),
      differs: {
        description: { registered: 'Reads', now: 'Reads all' },
        outputSchema: { registered: null, now: outputSchema },
      },
    })
  })

  it('is nothing to ask about where it could not be registered', () => {
    expect(changeOf('files', { ...tool, description: '\ud800' }, pinned)).toContain('Unicode')
    expect(changeOf('files', { ...tool, description: 'x'.repeat(4_001) }, pinned)).toContain('4000')
  })
})
