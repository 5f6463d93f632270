import { describe, expect, it } from 'vitest'
import { decodeSkillFile, encodeSkillFile } from './skill.files.js'

const files: [string, Uint8Array][] = [
  ['nothing', Buffer.from('')],
  ['text', Buffer.from('Grüße 😀\r\n')],
  ['text with a byte order mark', Buffer.from('\uFEFFa')],
  ['text with NUL', Buffer.from('a\0b')],
  ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x80])],
  ['half a character', Buffer.from([0xed, 0xa0, 0x80])],
]

describe('a file of a skill', () => {
  it.each(files)('comes out of a message as it went in: %s', (_, bytes) => {
    for (const executable of [false, true]) {
      const carried = JSON.parse(JSON.stringify(encodeSkillFile(bytes, executable))) as never
      const decoded = decodeSkillFile(carried)
      expect([...decoded.bytes]).toEqual([...bytes])
      expect(decoded.executable).toBe(executable)
    }
  })

  it('is plain text where that says everything', () => {
    expect(encodeSkillFile(Buffer.from('a'), false)).toBe('a')
    expect(encodeSkillFile(Buffer.from('a'), true)).toMatchObject({ encoding: 'utf8', executable: true })
    expect(encodeSkillFile(Buffer.from([0]), false)).toMatchObject({ encoding: 'base64', content: 'AA==' })
  })
})
