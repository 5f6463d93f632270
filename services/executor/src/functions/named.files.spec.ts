import { describe, expect, it } from 'vitest'
import { namedFiles } from './named.files.js'

const folders = [
  { source: '/srv/run/skill', target: '/skills/report' },
  { source: '/data/reports', target: '/mnt/reports' },
  { source: '/srv/run/work', target: '/workspace' },
]
const paths = (values: unknown) =>
  namedFiles(values, { SKILL: '/skills/report' }, folders).map(({ path }) => path)

describe('files that a call names', () => {
  it('are found in every text, through quotes and the variables of the call', () => {
    expect(paths({ command: '"$SKILL"/go.sh "${SKILL}/lib.sh" < /mnt/reports/in.csv; $SKILL' })).toEqual([
      '/skills/report/go.sh',
      '/skills/report/lib.sh',
      '/mnt/reports/in.csv',
    ])
    expect(paths({ args: ['/mnt/reports/a b'.split(' ')[0]], env: { F: 'x=/mnt/reports/c' } })).toContain(
      '/mnt/reports/c',
    )
  })

  it('are relative to the workspace', () => {
    expect(namedFiles({ command: 'bash ./run.sh' }, {}, folders)).toContainEqual({
      path: '/workspace/run.sh',
      root: '/srv/run/work',
      relative: 'run.sh',
    })
  })

  it('lie in the folders that the call sees, whatever climbs out of them', () => {
    expect(paths({ command: '/mnt/reports/../../etc/passwd /etc/shadow /mnt/other/x /mnt/reports' })).toEqual(
      [],
    )
  })
})
