import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { refusalCodes, topology } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

/** The codes that a service's sources name where they make a RequestError. */
function codesSaidBy(service: string): string[] {
  const files = globSync(`services/${service}/src/**/*.ts`, { cwd: root }).filter(
    (file) => !file.endsWith('.spec.ts'),
  )
  return files.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/new RequestError\(\s*'([^']+)'/g)].map(
      ([, code = '']) => code,
    ),
  )
}

describe('the table of refusal codes', () => {
  it.each(topology.services)('has every code that the %s gives a request', (service) => {
    const listed: Record<string, { saidBy: readonly string[] }> = refusalCodes
    const unlisted = codesSaidBy(service).filter((code) => !listed[code]?.saidBy.includes(service))
    expect(unlisted, 'add it to refusal.codes.ts, or the service to its saidBy').toEqual([])
  })

  it('is looked for where codes are', () => {
    expect(codesSaidBy('task-scheduler')).toContain('task-not-found')
  })
})
