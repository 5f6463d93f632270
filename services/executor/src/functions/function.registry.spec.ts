import { functionNames } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { InvalidArgumentsError, type SandboxCommand } from './function.definition.js'
import { builtInFunctions } from './built-in.functions.js'

const commandFor = (...call: Parameters<typeof builtInFunctions.prepare>) =>
  builtInFunctions.prepare(...call) as SandboxCommand

describe('function registry', () => {
  it('has exactly the functions that the contracts name', () => {
    expect(
      builtInFunctions
        .list()
        .map(({ name }) => name)
        .sort(),
    ).toEqual([...functionNames].sort())
    expect(builtInFunctions.find('constructor')).toBeUndefined()
  })

  it('hands values to bash as arguments, environment and stdin, never inside the script', () => {
    const hostile = '$(touch /tmp/x); "\'`'
    expect(
      builtInFunctions.prepare('bash', {
        command: 'printf %s "$1"',
        args: [hostile, 7, true],
        env: { V: hostile, N: 1.5 },
        stdin: 'in',
        timeoutMs: 100,
      }),
    ).toEqual({
      argv: ['bash', '-c', 'printf %s "$1"', 'bash', hostile, '7', 'true'],
      env: { V: hostile, N: '1.5' },
      stdin: 'in',
      network: true,
      wallMs: 100,
    })
  })

  it('passes paths and content as data', () => {
    expect(commandFor('fs.read', { path: '-n', maxBytes: 10 }).argv).toEqual([
      'head',
      '-c',
      '10',
      '--',
      '/workspace/-n',
    ])
    const write = commandFor('fs.write', { path: "a'b/$(c)", content: 'x' })
    expect(write.argv.at(-1)).toBe("/workspace/a'b/$(c)")
    expect(write.argv[2]).not.toContain('$(c)')
    expect(write.stdin).toBe('x')
    expect(commandFor('fs.list', { path: '/mnt/src' }).argv).toContain('-maxdepth')
    expect(commandFor('fs.list', { recursive: true }).argv).not.toContain('-maxdepth')
  })

  it.each([
    ['bash', {}, /command/],
    ['bash', { command: 'x', args: [null] }, /args\.0/],
    ['bash', { command: 'x', shell: 'zsh' }, /shell/],
    ['bash', null, /must be object/],
    ['fs.read', { path: 5 }, /path/],
    ['fs.read', { path: '../etc/passwd' }, /outside of/],
    ['fs.write', { path: '/etc/passwd', content: '' }, /outside of/],
    ['fs.list', { path: '/mntx' }, /outside of/],
    ['http.fetch', { url: 'file:///etc/passwd' }, /http or https/],
    ['http.fetch', { url: '/relative' }, /http or https/],
    ['http.fetch', { url: 'http://user:word@a.example/' }, /user or password/],
    ['http.fetch', { url: 'http://a.example', method: 'CONNECT' }, /method/],
    ['http.fetch', { url: 'http://a.example', body: 'x' }, /no body/],
    ['http.fetch', { url: 'http://a.example', headers: { Host: 'b.example' } }, /"Host"/],
    ['http.fetch', { url: 'http://a.example', headers: { 'proxy-authorization': 'x' } }, /"proxy-auth/],
    ['http.fetch', { url: 'http://a.example', headers: { X: 'a\r\nY: b' } }, /"X"/],
    ['http.fetch', { url: 'http://a.example', headers: { 'X Y': 'a' } }, /"X Y"/],
  ] as const)('refuses %s %j', (name, args, message) => {
    expect(() => builtInFunctions.prepare(name, args)).toThrow(InvalidArgumentsError)
    expect(() => builtInFunctions.prepare(name, args)).toThrow(message)
  })

  it('knows reading as repeatable and writing as not', () => {
    const repeatable = builtInFunctions
      .list()
      .filter((definition) => definition.repeatable)
      .map(({ name }) => name)
    expect(repeatable).toEqual([
      'fs.read',
      'fs.list',
      'fs.search',
      'fs.stat',
      'ask.person',
      'state.get',
      'state.set',
      'task.submit',
    ])
    const isRepeatable = (method?: string) =>
      commandFor('http.fetch', { url: 'http://a.example/', ...(method !== undefined && { method }) })
        .repeatable
    expect([undefined, 'GET', 'HEAD'].map(isRepeatable)).toEqual([true, true, true])
    expect(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(isRepeatable)).toEqual(Array(5).fill(false))
  })

  it('knows a set of state that depends on the version as not repeatable', () => {
    const set = (more: object) => commandFor('state.set', { key: 'k', value: { a: [1] }, ...more }).repeatable
    expect([set({}), set({ persist: true, ttlMs: 5 }), set({ ifVersion: 0 })]).toEqual([true, true, false])
  })

  it('shows what is fetched in no command line, and lets only scripts and requests out', () => {
    const { argv, stdin } = commandFor('http.fetch', {
      url: 'https://a.example/secret-path#part',
      headers: { Authorization: 'secret-word' },
    })
    expect(argv.join()).not.toContain('secret-')
    expect(JSON.parse(stdin!)).toMatchObject({ url: 'https://a.example/secret-path', method: 'GET' })
    const withNetwork = [
      commandFor('bash', { command: 'x' }),
      commandFor('http.fetch', { url: 'http://a.example' }),
    ]
    expect(withNetwork.map(({ network }) => network)).toEqual([true, true])
    expect(commandFor('fs.read', { path: 'x' }).network).toBeUndefined()
  })
})
