import { describe, expect, it } from 'vitest'
import { problemOfSecrets } from './secret.names.js'

describe('the secrets that a function names', () => {
  it('are put into variables, or into headers', () => {
    expect(problemOfSecrets({ GITHUB_TOKEN: 'github-token', npm_token: 'npm.token_1' }, 'variable')).toBe(
      undefined,
    )
    expect(problemOfSecrets({ Authorization: 'github-token', 'X-Api-Key': 'key' }, 'header')).toBe(undefined)
  })

  it.each([
    ['nothing', {}, 'variable', /1 to 20/],
    ['a path as a name', { TOKEN: '../router.redis' }, 'variable', /name of a secret/],
    ['a hidden file', { TOKEN: '.token' }, 'variable', /name of a secret/],
    ['what is no text', { TOKEN: 1 as never }, 'variable', /name of a secret/],
    ['a variable that loads code', { LD_PRELOAD: 'x' }, 'variable', /LD_PRELOAD/],
    ['a variable that loads code into Node', { NODE_OPTIONS: 'x' }, 'variable', /NODE_OPTIONS/],
    ['a variable that is none', { 'a b': 'x' }, 'variable', /"a b"/],
    ['a header of the connection', { 'Content-Length': 'x' }, 'header', /Content-Length/],
    ['a header with a line in it', { 'A\r\nB': 'x' }, 'header', /no header/],
  ] as const)('are refused with %s', (_what, secrets, place, problem) => {
    expect(problemOfSecrets(secrets, place)).toMatch(problem)
  })
})
