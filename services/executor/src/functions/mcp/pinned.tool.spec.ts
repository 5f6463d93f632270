import { describe, expect, it } from 'vitest'
import { pinTools, toolDigest, type ToolText } from './pinned.tool.js'
import { outcomeOfTool } from './tool.outcome.js'

const tool: ToolText = { name: 'read', description: 'Reads', inputSchema: { type: 'object', properties: {} } }

describe('the tools of an MCP server', () => {
  it('are known by what they say of themselves, whatever the order of keys', () => {
    const same = { ...tool, inputSchema: { properties: {}, type: 'object' } }
    expect(toolDigest(same)).toBe(toolDigest(tool))
    const others = [
      { ...tool, description: 'Reads.' },
      { ...tool, inputSchema: { type: 'object' } },
      { ...tool, outputSchema: { type: 'object' } },
    ]
    expect(new Set([tool, ...others].map(toolDigest)).size).toBe(4)
  })

  it('are left out where they cannot be called, with the reason', () => {
    const { tools, leftOut } = pinTools('files', [
      tool,
      tool,
      { ...tool, name: 'a b' },
      { ...tool, name: 'long', description: 'x'.repeat(4_001) },
      { ...tool, name: 'large', inputSchema: { type: 'object', description: 'x'.repeat(16_384) } },
      { ...tool, name: 'broken', description: '\ud800' },
      { ...tool, name: 'also' },
    ])
    expect(tools.map(({ name }) => name)).toEqual(['also', 'read'])
    expect(leftOut.map((one) => one.tool)).toEqual(['read', 'a b', 'long', 'large', 'broken'])
  })

  it('are a hundred at most', () => {
    const many = Array.from({ length: 150 }, (_, index) => ({ ...tool, name: `t${index}` }))
    const { tools, leftOut } = pinTools('files', many)
    expect([tools.length, leftOut.length]).toEqual([100, 50])
  })
})

describe('what a tool answers', () => {
  it('is its structured result, else its texts with a note of what is no text', () => {
    const content = [
      { type: 'text' as const, text: 'one' },
      { type: 'image' as const, data: 'AAAA', mimeType: 'image/png' },
      { type: 'resource' as const, resource: { uri: 'file:///a', text: 'two' } },
      { type: 'resource_link' as const, uri: 'file:///b', name: 'b' },
    ]
    expect(outcomeOfTool({ content })).toMatchObject({
      stdout: 'one\n[image/png, 3 bytes: left out]\ntwo\n[file:///b]',
      exitCode: 0,
    })
    expect(outcomeOfTool({ content, structuredContent: { a: 1 } }).stdout).toBe('{"a":1}')
    const failed = outcomeOfTool({ content, structuredContent: { a: 1 }, isError: true })
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' })
    expect(failed.stderr).toMatch(/^one/)
  })
})
