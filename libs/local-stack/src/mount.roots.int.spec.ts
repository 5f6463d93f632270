import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { parseMountRoot } from './mount.roots.js'
import { StackError } from './stack.error.js'

let dir: string
let state: string

beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'guildhall-mounts-')))
  state = join(dir, '.guildhall')
  mkdirSync(join(state, 'secrets'), { recursive: true })
  mkdirSync(join(dir, 'a:b'))
  writeFileSync(join(dir, 'file'), '')
  symlinkSync(join(state, 'secrets'), join(dir, 'innocent'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe('parseMountRoot', () => {
  it('is read-only unless it ends in :rw', () => {
    expect(parseMountRoot(dir, state)).toEqual({ path: dir, mode: 'ro' })
    expect(parseMountRoot(`${dir}:rw`, state)).toEqual({ path: dir, mode: 'rw' })
    expect(parseMountRoot(`${dir}:ro`, state)).toEqual({ path: dir, mode: 'ro' })
  })

  it('takes a folder with a colon in its name', () => {
    expect(parseMountRoot(join(dir, 'a:b'), state)).toEqual({ path: join(dir, 'a:b'), mode: 'ro' })
  })

  it.each(['missing', 'file'])('refuses what is no folder: %s', (name) => {
    expect(() => parseMountRoot(join(dir, name), state)).toThrow(StackError)
  })

  it.each(['.guildhall', '.guildhall/secrets', 'innocent'])(
    'refuses the state directory, under any name: %s',
    (name) => {
      expect(() => parseMountRoot(join(dir, name), state)).toThrow(/own data and secrets/)
    },
  )
})
