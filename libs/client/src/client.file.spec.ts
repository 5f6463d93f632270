import { describe, expect, it } from 'vitest'
import { ClientFileError } from './client.errors.js'
import { parseClientFile } from './client.file.js'

const written = {
  id: 'local',
  token: 't0ken',
  replyStream: 'local-0a1b',
  redisUrl: 'redis://127.0.0.1:40123',
  redisUsername: 'client',
  redisPassword: 'pass',
  shards: ['main'],
}

describe('parseClientFile', () => {
  it('reads what the local stack writes', () => {
    expect(parseClientFile('/x/client.json', JSON.stringify(written))).toEqual({
      id: 'local',
      token: 't0ken',
      replyStream: 'local-0a1b',
      redis: { host: '127.0.0.1', port: 40123, username: 'client', password: 'pass' },
      shards: ['main'],
    })
  })

  it.each([
    ['no JSON', 't0ken'],
    ['another kind of JSON', '[]'],
    ['null', 'null'],
    ['no token', JSON.stringify({ ...written, token: '' })],
    ['no reply stream', JSON.stringify({ ...written, replyStream: undefined })],
    ['no shards', JSON.stringify({ ...written, shards: [] })],
    ['an address that is none', JSON.stringify({ ...written, redisUrl: 't0ken' })],
    ['an address of another kind', JSON.stringify({ ...written, redisUrl: 'http://127.0.0.1:1' })],
  ])('refuses %s without quoting the secret', (_, text) => {
    const parse = () => parseClientFile('/x/client.json', text)
    expect(parse).toThrow(ClientFileError)
    expect(parse).toThrow(/\/x\/client\.json: .*Delete it/)
    expect(parse).not.toThrow(/t0ken/)
  })
})
