import { describe, expect, it } from 'vitest'
import { renderJson } from './json.text.js'

describe('a JSON value for people', () => {
  it('is shown whole, types apart, texts of several lines as they are', () => {
    const call = {
      function: 'bash',
      arguments: { command: 'cd /tmp\nrm -r "$OLD"\n', deep: [1, '1', true, 'true', null, {}, []] },
      'a key': [{ a: 1, b: 2 }],
    }
    expect(renderJson(call, '  ').split('\n')).toEqual([
      '  function: "bash"',
      '  arguments:',
      '    command:',
      '      │ cd /tmp',
      '      │ rm -r "$OLD"',
      '      │ ',
      '    deep:',
      '      - 1',
      '      - "1"',
      '      - true',
      '      - "true"',
      '      - null',
      '      - {}',
      '      - []',
      '  "a key":',
      '    -',
      '      a: 1',
      '      b: 2',
    ])
  })

  it('shows by its code what would steer the terminal, overwrite a line or turn the text round', () => {
    const text = renderJson({
      command: 'ls\r\u001b[2K\u009b1A \u202erm\u200b',
      '\u001b]0;x\u0007': 'a\n\u001b[8mb',
    })
    // eslint-disable-next-line no-control-regex -- control characters are what it looks for
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]/)
    for (const shown of ['\\r', '\\u001b[2K', '\\u009b1A', '\\u202erm\\u200b', '\\u0007', '│ \\u001b[8mb'])
      expect(text).toContain(shown)
  })
})
