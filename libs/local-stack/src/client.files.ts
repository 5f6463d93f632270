import { roles } from '@guildhall/contracts'

import { writePrivateFile } from './private.file.js'
import { secretFile, sha256Hex } from './secret.files.js'
import type { StateDir } from './state.dir.js'

/** What a client on this machine needs to speak on the gateway stream; `client.json` in the state directory holds it. */
export interface LocalClient {
  readonly id: string
  readonly token: string
  /** Name of the stream on which it is answered; a secret, like the token. */
  readonly replyStream: string
  readonly redisUrl: string
  readonly redisUsername: string
  readonly redisPassword: string
  readonly shards: readonly string[]
}

/** Writes who may speak as a client, for the router, and the credential of the one local client, for its owner. */
export function writeClientFiles(dir: StateDir, redisUrl: string, shards: readonly string[]): void {
  const token = secretFile(dir.secrets, 'client.token').value
  const local: LocalClient = {
    id: 'local',
    token,
    replyStream: `local-${secretFile(dir.secrets, 'client.reply').value.slice(0, 32)}`,
    redisUrl,
    redisUsername: 'client',
    redisPassword: secretFile(dir.secrets, 'client.redis').value,
    shards,
  }
  const { id, replyStream } = local
  const known = [{ id, tenant: 'local', roles, tokenSha256: sha256Hex(token), replyStream }]
  writePrivateFile(dir.clientsFile, JSON.stringify(known))
  writePrivateFile(dir.clientFile, JSON.stringify(local))
}
