import { describe, expect, it } from 'vitest'
import { MultiplexedStream } from './multiplexed.stream.js'

function frame(kind: number, content: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header[0] = kind
  header.writeUInt32BE(content.length, 4)
  return Buffer.concat([header, content])
}

function read(parts: readonly Buffer[]) {
  const got = { stdout: [] as Buffer[], stderr: [] as Buffer[] }
  const stream = new MultiplexedStream((name, bytes) => got[name].push(bytes))
  for (const part of parts) stream.push(part)
  return { stdout: Buffer.concat(got.stdout), stderr: Buffer.concat(got.stderr) }
}

const binary = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
const sent = Buffer.concat([
  frame(1, Buffer.from('out')),
  frame(2, binary),
  frame(1, Buffer.alloc(0)),
  frame(1, Buffer.from('put')),
])

describe('a multiplexed stream', () => {
  it.each([1, 2, 3, 7, 8, 9, 64, sent.length])('is taken apart in pieces of %i bytes', (size) => {
    const parts = Array.from({ length: Math.ceil(sent.length / size) }, (_, at) =>
      sent.subarray(at * size, (at + 1) * size),
    )
    expect(read(parts)).toEqual({ stdout: Buffer.from('output'), stderr: binary })
  })

  it('hands content on before its frame is complete', () => {
    expect(read([frame(1, Buffer.from('0123456789')).subarray(0, 11)]).stdout).toEqual(Buffer.from('012'))
  })

  it('is refused when it is something else', () => {
    expect(() => read([Buffer.from('plain text of a terminal')])).toThrow('frame of kind')
  })
})
