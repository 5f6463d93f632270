import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownMark } from '../watch/owner-mark.js'
import { sweepScratchFolders, withScratchFolder } from './scratch-folder.js'

it('folders of killed processes are removed, and none that is in use', async () => {
  const dead = join(tmpdir(), `sandbox-${ownMark().replace(/-\d+-\d+$/, '-999999999-1')}-abc`)
  mkdirSync(join(dead, 'full'), { recursive: true })
  await withScratchFolder(async (folder) => {
    await sweepScratchFolders()
    expect(existsSync(folder)).toBe(true)
  })
  expect(existsSync(dead)).toBe(false)
})
