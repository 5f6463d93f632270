import { describe, expect, it } from 'vitest'
import { mapAllowedTools, splitTools } from './allowed.tools.js'

describe('the tools that SKILL.md allows', () => {
  it.each([
    ['Read Write', ['fs.read', 'fs.write']],
    ['Bash', ['bash']],
    ['Edit', ['fs.read', 'fs.write']],
    ['Glob, Grep', ['fs.read', 'fs.list']],
    ['bash fs.read fs.write fs.list', ['bash', 'fs.read', 'fs.write', 'fs.list']],
    ['Bash(*)', ['bash']],
    ['', []],
  ])('%j come to %j', (text, functions) => {
    expect(mapAllowedTools(splitTools(text))).toEqual({ requiredCapabilities: functions, notes: [] })
  })

  it('are reported when no function does what they do', () => {
    expect(mapAllowedTools(['Task', 'mcp__docs__search', 'Read', 'constructor'])).toEqual({
      requiredCapabilities: ['fs.read'],
      notes: [
        {
          code: 'tool-unknown',
          message: 'allowed-tools: no function here does what Task, mcp__docs__search, constructor would do',
        },
      ],
    })
  })

  it('are reported when they would allow less than the function does', () => {
    expect(mapAllowedTools(splitTools('Bash(git add:*) Bash(jq:*)'))).toEqual({
      requiredCapabilities: ['bash'],
      notes: [
        {
          code: 'tool-widened',
          message:
            'allowed-tools: Bash(git add:*), Bash(jq:*) cannot be narrowed down here: the skill needs the whole function',
        },
      ],
    })
  })

  it('are reported without end neither in number nor in length', () => {
    const tools = Array.from({ length: 1_000 }, (_, index) => `${index}`.repeat(1_000))
    const [note] = mapAllowedTools(tools).notes
    expect(note?.message).toMatch(/ and 980 more would do$/)
    expect(note?.message.length).toBeLessThan(2_000)
  })

  it.each([
    ['Bash(git add:*), Read', ['Bash(git add:*)', 'Read']],
    ['Bash(a, b) , Write\nEdit', ['Bash(a, b)', 'Write', 'Edit']],
    ['Bash(open', ['Bash', '(open']],
    [' ) ', [')']],
  ])('%j are %j', (text, tools) => expect(splitTools(text)).toEqual(tools))
})
