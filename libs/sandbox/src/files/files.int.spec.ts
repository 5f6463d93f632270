import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  ArtifactRefusedError,
  InvalidMountError,
  listFiles,
  prepareWorkspace,
  readArtifact,
  removeWorkspace,
} from '../index.js'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sandbox-files-'))
})
afterEach(() => removeWorkspace(root))

describe('readArtifact', () => {
  it('reads a regular file and says when it was cut', async () => {
    mkdirSync(join(root, 'a'))
    writeFileSync(join(root, 'a', 'f'), 'content')
    expect(await readArtifact(root, 'a/f', 100)).toEqual({ bytes: Buffer.from('content'), truncated: false })
    expect(await readArtifact(root, './a//f', 3)).toEqual({ bytes: Buffer.from('con'), truncated: true })
    truncateSync(join(root, 'a', 'f'), 100 * 2 ** 30)
    expect(await readArtifact(root, 'a/f', 10)).toMatchObject({ truncated: true })
  })

  it('refuses links in every component, FIFOs, folders, and paths that leave the workspace', async () => {
    mkdirSync(join(root, 'w', 'real'), { recursive: true })
    writeFileSync(join(root, 'secret'), 'SECRET')
    writeFileSync(join(root, 'w', 'real', 'f'), '')
    symlinkSync(join(root, 'secret'), join(root, 'w', 'link'))
    symlinkSync('real', join(root, 'w', 'folder-link'))
    execFileSync('mkfifo', [join(root, 'w', 'fifo')])
    for (const path of [
      'link',
      'folder-link/f',
      'fifo',
      'real',
      'missing',
      '../secret',
      join(root, 'secret'),
      '',
      '.',
      'real/f\0',
    ])
      await expect(readArtifact(join(root, 'w'), path, 100), path).rejects.toThrow(ArtifactRefusedError)
  })

  it('returns no byte of a link that is swapped in while it reads', async () => {
    mkdirSync(join(root, 'w'))
    writeFileSync(join(root, 'secret'), 'SECRET')
    writeFileSync(join(root, 'w', 'plain'), 'fine')
    const script = `const fs = require('fs'); for (const end = Date.now() + 600; Date.now() < end; ) {
      fs.linkSync('plain', 'a'); fs.renameSync('a', 'result'); try { fs.unlinkSync('a') } catch {}
      fs.symlinkSync('../secret', 'b'); fs.renameSync('b', 'result') }`
    const swapping = spawn(process.execPath, ['-e', script], { cwd: join(root, 'w'), stdio: 'inherit' })
    const ended = once(swapping, 'exit')
    const seen = new Set<string>()
    let running = true
    void ended.then(() => (running = false))
    while (running) {
      seen.add(
        await readArtifact(join(root, 'w'), 'result', 100).then(
          ({ bytes }) => bytes.toString(),
          () => 'refused',
        ),
      )
    }
    expect(await ended).toEqual([0, null])
    expect(seen).toContain('refused')
    expect(seen).not.toContain('SECRET')
  })
})

describe('listFiles', () => {
  it('lists regular files with their sizes and follows no link', async () => {
    mkdirSync(join(root, 'd', 'e'), { recursive: true })
    writeFileSync(join(root, 'd', 'e', 'deep'), '12345')
    writeFileSync(join(root, 'top'), '1')
    symlinkSync('/etc', join(root, 'd', 'link'))
    symlinkSync('/etc/passwd', join(root, 'passwd'))
    const all = await listFiles(root, { maxEntries: 100, maxDepth: 10 })
    expect(all).toEqual([
      { path: 'd/e/deep', sizeBytes: 5 },
      { path: 'top', sizeBytes: 1 },
    ])
    expect(await listFiles(root, { maxEntries: 100, maxDepth: 2 })).toEqual([{ path: 'top', sizeBytes: 1 }])
    expect(await listFiles(root, { maxEntries: 1, maxDepth: 10 })).toHaveLength(1)
  })
})

describe('a workspace', () => {
  it('is created private, twice without harm', async () => {
    const path = join(root, 'x', 'y')
    await prepareWorkspace(path)
    writeFileSync(join(path, 'kept'), '')
    await prepareWorkspace(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(existsSync(join(path, 'kept'))).toBe(true)
  })

  it('is not created through a link or at a relative path', async () => {
    symlinkSync('/etc', join(root, 'link'))
    await expect(prepareWorkspace(join(root, 'link'))).rejects.toThrow(InvalidMountError)
    await expect(prepareWorkspace('relative')).rejects.toThrow(InvalidMountError)
    await expect(removeWorkspace('/')).rejects.toThrow(InvalidMountError)
  })

  it('is removed with 500 nested folders, unreadable ones, odd names and links', async () => {
    const path = join(root, 'w')
    mkdirSync(path)
    writeFileSync(join(root, 'outside'), 'stays')
    mkdirSync(join(root, 'outside-folder'), { mode: 0o500 })
    symlinkSync(join(root, 'outside'), join(path, 'link'))
    symlinkSync(join(root, 'outside-folder'), join(path, 'folder-link'))
    const script = `const fs = require('fs'); fs.writeFileSync(Buffer.from([0xff, 0xfe]), ''); fs.writeFileSync('-rf', '')
      fs.mkdirSync('locked/in', { recursive: true }); fs.writeFileSync('locked/in/f', ''); fs.chmodSync('locked/in', 0); fs.chmodSync('locked', 0)
      for (let i = 0; i < 500; i++) { fs.mkdirSync('d'.repeat(100)); process.chdir('d'.repeat(100)) }`
    spawnSync(process.execPath, ['-e', script], { cwd: path })
    await removeWorkspace(path)
    expect(existsSync(path)).toBe(false)
    expect(readFileSync(join(root, 'outside'), 'utf8')).toBe('stays')
    expect(statSync(join(root, 'outside-folder')).mode & 0o777).toBe(0o500)
    await removeWorkspace(path)
  })
})
