import { existsSync, mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { ownMark } from '../watch/owner-mark.js'
import { memoryFolder, sweepScratchFolders, withScratchFolder } from './scratch-folder.js'

it.each([tmpdir(), memoryFolder()])(
  'folders of killed processes are removed from %s, and none that is in use',
  async (parent) => {
    const dead = join(parent, `sandbox-${ownMark().replace(/-\d+-\d+$/, '-999999999-1')}-abc`)
    mkdirSync(join(dead, 'full'), { recursive: true })
    await withScratchFolder(async (folder) => {
      await sweepScratchFolders()
      expect(existsSync(folder)).toBe(true)
    }, parent)
    expect(existsSync(dead)).toBe(false)
  },
)
