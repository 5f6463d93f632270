import { describe, expect, it } from 'vitest'

import { majorIn } from './node-program.mjs'
import { systemEnvironment, systemPath } from './search-path.mjs'
import { adviceOnMissing, canComeFromDocker, neededPrograms, packagesOf } from './system-programs.mjs'
import { taskCommand } from './tasks.mjs'

describe('systemPath', () => {
  it('drops what npm puts before it and adds the folders of system programs', () => {
    const path = '/repo/node_modules/.bin:/lib/npm/node_modules/x/lib/node-gyp-bin:/usr/bin::/usr/sbin'
    expect(systemPath(path)).toBe('/usr/bin:/usr/sbin:/usr/local/sbin:/sbin')
  })
})

describe('systemEnvironment', () => {
  it('drops what npm adds for its scripts, and an empty HOME', () => {
    const env = systemEnvironment({
      npm_config_cache: '/x',
      NODE: '/usr/bin/node',
      INIT_CWD: '/x',
      HOME: '',
      LANG: 'C',
    })
    expect(Object.keys(env).sort()).toEqual(['LANG', 'PATH'])
  })
})

describe('packagesOf', () => {
  it('names each Debian package once', () => {
    expect(packagesOf(['mariadbd', 'mariadb-install-db', 'bwrap'])).toEqual([
      'bubblewrap',
      'mariadb-server-core',
    ])
  })
})

describe('neededPrograms', () => {
  it('still asks for what isolates a function call when the servers come from Docker', () => {
    expect(neededPrograms('linux', 'docker')).toEqual(['bwrap', 'setpriv', 'prlimit'])
    expect(neededPrograms('linux', 'native')).toEqual(
      expect.arrayContaining(['redis-server', 'mariadbd', 'bwrap']),
    )
  })

  it('asks on macOS only for what macOS can have', () => {
    expect(neededPrograms('darwin', 'docker')).toEqual([])
    expect(neededPrograms('darwin', 'native')).not.toContain('bwrap')
  })
})

describe('canComeFromDocker', () => {
  it('is true for the servers, and never for what isolates a function call', () => {
    expect(canComeFromDocker(['redis-server', 'mariadbd'])).toBe(true)
    expect(canComeFromDocker(['redis-server', 'bwrap'])).toBe(false)
  })
})

describe('adviceOnMissing', () => {
  it('gives the exact line to run on Debian', () => {
    expect(adviceOnMissing(['bwrap'], true)).toMatch(
      /sudo apt-get update && sudo apt-get .*install -y .*bubblewrap\n/,
    )
  })

  it('names programs, not Debian packages, elsewhere', () => {
    const advice = adviceOnMissing(['mariadbd'], false)
    expect(advice).toContain('mariadbd')
    expect(advice).not.toContain('apt-get')
  })
})

describe('majorIn', () => {
  it('reads the version of node, and is 0 for anything else', () => {
    expect(majorIn('v24.21.0\n')).toBe(24)
    expect(majorIn('not found')).toBe(0)
  })
})

describe('taskCommand', () => {
  it('passes arguments on as they are', () => {
    expect(taskCommand('guildhall', ['submit', 'a b', '--x'])).toEqual([
      '<root>/libs/cli/bin/guildhall.mjs',
      'submit',
      'a b',
      '--x',
    ])
  })

  it.each([undefined, 'nope', 'toString'])('says which tasks there are: %s', (task) => {
    expect(() => taskCommand(task, [])).toThrow(
      '<demo|start|guildhall|test|docs|test:chaos|bench:tasks|bench:steps|bench:matching|bench:bus|bench:sandbox>',
    )
  })
})
