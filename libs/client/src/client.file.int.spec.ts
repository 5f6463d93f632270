import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readClientFile } from './client.file.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guildhall-client-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('readClientFile', () => {
  it('refuses a file that others may read, and says how to mend it', async () => {
    const path = join(folder, 'client.json')
    await writeFile(path, '{}')
    await chmod(path, 0o640)
    await expect(readClientFile(path)).rejects.toMatchObject({
      name: 'ClientFileError',
      problem: 'readable-by-others',
      message: expect.stringContaining('chmod 600'),
    })
    await chmod(path, 0o600)
    await expect(readClientFile(path)).rejects.toMatchObject({ problem: 'malformed' })
  })

  it('says how to start when there is no file', async () => {
    await expect(readClientFile(join(folder, 'client.json'))).rejects.toMatchObject({
      problem: 'absent',
      message: expect.stringContaining('guildhall up'),
    })
  })
})
