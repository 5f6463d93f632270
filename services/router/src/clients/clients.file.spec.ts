import { SettingError } from '@guildhall/service-defaults'
import { describe, expect, it } from 'vitest'
import { parseClients } from './clients.file.js'

const anna = { id: 'anna', tenant: 'acme', roles: ['submitter', 'approver'], tokenSha256: 'a'.repeat(64) }
const parse = (value: unknown) => parseClients(JSON.stringify(value))

describe('a clients file', () => {
  it('holds clients, or none', () => {
    const ben = { ...anna, id: 'ben', roles: [], tokenSha256: 'b'.repeat(64) }
    expect(parse([anna, ben])).toEqual([anna, ben])
    expect(parse([])).toEqual([])
  })

  it.each([
    [{ clients: [anna] }, 'it must hold [{id, tenant, roles, tokenSha256}]'],
    [[anna, null], 'client 2: it must be {id, tenant, roles, tokenSha256}'],
    [['anna'], 'client 1: it must be {id, tenant, roles, tokenSha256}'],
    [[{ ...anna, id: undefined }], 'client 1: id must be lower case letters, digits and hyphens, at most 64'],
    [[{ ...anna, id: 'Anna' }], 'client 1: id must be lower case letters, digits and hyphens, at most 64'],
    [
      [{ ...anna, tenant: 'a/b' }],
      'client 1: tenant must be lower case letters, digits and hyphens, at most 64',
    ],
    [
      [{ ...anna, roles: undefined }],
      'client 1: roles must be a list of submitter, approver, operator, administrator',
    ],
    [
      [{ ...anna, roles: ['admin'] }],
      'client 1: roles must be a list of submitter, approver, operator, administrator',
    ],
    [
      [{ ...anna, tokenSha256: 'A'.repeat(64) }],
      'client 1: tokenSha256 must be the SHA-256 of the token in lower case hex',
    ],
    [
      [{ ...anna, replyStream: 'a*' }],
      'client 1: replyStream must be lower case letters, digits and hyphens, at most 128',
    ],
    [
      [anna, { ...anna, id: 'ben', tokenSha256: 'b'.repeat(64), replyStream: 'anna' }],
      'the clients anna and ben have one replyStream',
    ],
    [[anna, { ...anna, tokenSha256: 'b'.repeat(64) }], 'the clients anna and anna have one id'],
    [[anna, { ...anna, id: 'ben' }], 'the clients anna and ben have one tokenSha256'],
  ])('is refused in a sentence: %j', (value, sentence) => {
    expect(() => parse(value)).toThrow(new SettingError(sentence))
  })

  it('is refused when it is no JSON, without showing what it holds', () => {
    expect(() => parseClients('[{"token": "secret"')).toThrow(new SettingError('it is no JSON'))
  })
})
