import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CallFixture } from '../call.fixture.js'
import { defaultLimits, FileRefusedError, FileSession, FileSessionError } from '../index.js'

const base64 = (text: string) => Buffer.from(text).toString('base64')
let calls: CallFixture
let session: FileSession
beforeEach(async () => {
  calls = await CallFixture.create()
  session = new FileSession(
    calls.sandbox,
    { workspace: calls.workspace, mounts: [], limits: defaultLimits },
    2_000,
  )
})
afterEach(async () => {
  await session.close()
  await calls.remove()
})

const refusal = (code: string) => expect.objectContaining({ name: 'FileRefusedError', code }) as Error

describe('a file session', () => {
  it('writes, reads, edits, lists, finds and describes files', async () => {
    const path = '/workspace/a/notes.txt'
    await session.do('write', { path, contentBase64: base64('one\ntwo\n') })
    await session.do('write', { path, contentBase64: base64('three €'), mode: 'append' })
    expect(await session.do('edit', { path, oldText: 'two', newText: '2', maxBytes: 100 })).toMatchObject({
      replaced: 1,
    })
    expect(readFileSync(join(calls.workspace, 'a', 'notes.txt'), 'utf8')).toBe('one\n2\nthree €')
    const { contentBase64, ...rest } = await session.do('read', { path, offset: 4, maxBytes: 3 })
    expect(Buffer.from(contentBase64, 'base64').toString()).toBe('2\nt')
    expect(rest).toEqual({ sizeBytes: 15, truncated: true })
    const listed = await session.do('list', { path: '/workspace', recursive: true, maxEntries: 10 })
    expect(listed.entries.map((entry) => [entry.path, entry.kind])).toEqual([
      ['a', 'folder'],
      ['a/notes.txt', 'file'],
    ])
    expect(await session.do('list', { path: '/workspace', maxEntries: 10 })).toMatchObject({
      entries: [{ path: 'a' }],
    })
    expect(await session.do('stat', { path })).toMatchObject({ kind: 'file', sizeBytes: 15, mode: 0o644 })
    expect(
      await session.do('search', { path: '/workspace', text: 'hre', maxMatches: 5, maxFileBytes: 1_000 }),
    ).toEqual({
      matches: [{ path: 'a/notes.txt', line: 3, text: 'three €' }],
      truncated: false,
    })
  })

  it('says what the file system refuses', async () => {
    const path = '/workspace/file'
    await session.do('write', { path, contentBase64: base64('x x') })
    await expect(session.do('read', { path: '/workspace/none', maxBytes: 1 })).rejects.toEqual(
      refusal('ENOENT'),
    )
    await expect(session.do('list', { path: '/workspace/none', maxEntries: 1 })).rejects.toEqual(
      refusal('ENOENT'),
    )
    await expect(session.do('write', { path, contentBase64: '', mode: 'create' })).rejects.toEqual(
      refusal('EEXIST'),
    )
    await expect(session.do('write', { path: '/etc/x', contentBase64: '' })).rejects.toEqual(refusal('EROFS'))
    const edit = { path, newText: '', maxBytes: 100 }
    await expect(session.do('edit', { ...edit, oldText: 'y' })).rejects.toEqual(refusal('ENOMATCH'))
    await expect(session.do('edit', { ...edit, oldText: 'x' })).rejects.toEqual(refusal('EAMBIGUOUS'))
  })

  it('reaches nothing that the sandbox does not see, and waits for no planted FIFO', async () => {
    writeFileSync(join(calls.folder, 'secret'), 'SECRET')
    symlinkSync(join(calls.folder, 'secret'), join(calls.workspace, 'link'))
    symlinkSync('/', join(calls.workspace, 'root'))
    await calls.shell('mkfifo fifo')
    const read = (path: string) => session.do('read', { path: `/workspace/${path}`, maxBytes: 100 })
    await expect(read('link')).rejects.toThrow(FileRefusedError)
    await expect(read(`root${calls.folder}/secret`)).rejects.toThrow(FileRefusedError)
    await expect(read('fifo')).rejects.toEqual(refusal('ENOTFILE'))
  })

  it('answers many requests at once in order, and megabytes whole', async () => {
    const large = Buffer.alloc(3_000_000, 'ä')
    await session.do('write', { path: '/workspace/large', contentBase64: large.toString('base64') })
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, offset) =>
        session.do('read', {
          path: '/workspace/large',
          offset: 2 * offset,
          maxBytes: offset === 7 ? 2_000_000 : 2,
        }),
      ),
    )
    expect(answers.map(({ contentBase64 }) => Buffer.from(contentBase64, 'base64').length)).toEqual(
      Array.from({ length: 20 }, (_, offset) => (offset === 7 ? 2_000_000 : 2)),
    )
  })

  it('ends with what is under way when it is closed, and begins anew with the next request', async () => {
    mkdirSync(join(calls.workspace, 'd'), { mode: 0o777 })
    const under = session.do('stat', { path: '/workspace/d' })
    const outcome = expect(under).rejects.toThrow(FileSessionError)
    await session.close()
    await outcome
    expect(await session.do('stat', { path: '/workspace/d' })).toMatchObject({ kind: 'folder' })
  })

  it('is bounded like a call: a workspace that it overfills ends it', async () => {
    const limits = { ...defaultLimits, workspaceBytes: 8 * 2 ** 20 }
    const small = new FileSession(calls.sandbox, { workspace: calls.workspace, mounts: [], limits })
    const contentBase64 = Buffer.alloc(2 ** 20).toString('base64')
    const fill = async () => {
      for (let number = 0; number < 200; number += 1)
        await small.do('write', { path: `/workspace/f${number}`, contentBase64 })
    }
    await expect(fill()).rejects.toThrow(/workspace/)
    await small.close()
  })
})
