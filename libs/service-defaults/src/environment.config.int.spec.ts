import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Environment, SettingError } from './environment.config.js'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'environment-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function secretFile(name: string, text: string): Promise<string> {
  const path = join(dir, name)
  await writeFile(path, text)
  return path
}

describe('a secret', () => {
  it('is read from its file without the line end, before the variable itself', async () => {
    for (const text of ['from-file', 'from-file\n', 'from-file\r\n']) {
      const environment = new Environment({ PASSWORD: 'direct', PASSWORD_FILE: await secretFile('p', text) })
      expect(environment.secret('PASSWORD')).toBe('from-file')
    }
  })

  it('keeps its own blanks and line ends but the last', async () => {
    const environment = new Environment({ PASSWORD_FILE: await secretFile('q', ' a\nb \n') })
    expect(environment.secret('PASSWORD')).toBe(' a\nb ')
  })

  it('may stand in the variable itself', () => {
    expect(new Environment({ PASSWORD: 'direct', PASSWORD_FILE: '' }).secret('PASSWORD')).toBe('direct')
  })

  it('that is needed and absent is named with both its variables', () => {
    expect(new Environment({ PASSWORD: '' }).optionalSecret('PASSWORD')).toBeUndefined()
    expect(() => new Environment({}).secret('PASSWORD')).toThrow(
      new SettingError('neither PASSWORD nor PASSWORD_FILE is set'),
    )
  })

  it('is not taken from an absent or empty file, whatever the variable says', async () => {
    const missing = new Environment({ PASSWORD: 'direct', PASSWORD_FILE: join(dir, 'missing') })
    expect(() => missing.secret('PASSWORD')).toThrow(/PASSWORD_FILE cannot be read: .*missing/)
    const empty = new Environment({ PASSWORD_FILE: await secretFile('empty', '\n') })
    expect(() => empty.optionalSecret('PASSWORD')).toThrow(/PASSWORD_FILE names an empty file: .*empty/)
  })

  it('that may change is read anew each time from its file, and only there', async () => {
    const environment = new Environment({ PASSWORD_FILE: await secretFile('changing', 'first\n') })
    const read = environment.changingSecret('PASSWORD') as () => string
    expect(read()).toBe('first')
    await secretFile('changing', 'second\n')
    expect(read()).toBe('second')
    expect(new Environment({ PASSWORD: 'direct' }).changingSecret('PASSWORD')).toBe('direct')
    const missing = new Environment({ PASSWORD_FILE: join(dir, 'missing') })
    expect(() => missing.changingSecret('PASSWORD')).toThrow(SettingError)
  })
})
