import { randomUUID } from 'node:crypto'
import { allRights, type ReceivedMessage, type Rights } from '@guildhall/contracts'
import { message } from '../../executor.fixture.js'

const manifest = {
  name: 'greet',
  version: '1',
  description: 'Greets',
  program: ['./greet.sh'],
  parameters: {
    type: 'object',
    properties: { name: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  },
  result: { type: 'object', properties: { greeting: { type: 'string' } }, required: ['greeting'] },
  tier: 'allow',
  repeatable: true,
}
export const script = (text: string) => ({
  content: `#!/bin/sh\n${text}\n`,
  encoding: 'utf8' as const,
  executable: true,
})
/** Answers with the version that is in its folder, and proves that it cannot write there. */
const greet = script(
  'touch here 2>/dev/null && exit 9; read -r args; printf \'{"greeting":"%s %s"}\' "$(cat word)" "$(pwd)"',
)

/** A folder with the function `custom.greet`, which greets whom it is given. */
export function folder(over: object = {}, files: object = {}) {
  return {
    files: {
      'function.json': JSON.stringify({ ...manifest, ...over }),
      'greet.sh': greet,
      word: 'one',
      ...files,
    },
  }
}

/** A message of a person who may do everything, or what these rights say. */
export function asked(type: string, rights: Rights = allRights, tenant = 'local'): ReceivedMessage {
  const received = message(type, randomUUID())
  const { header, stamp } = received
  const client = { id: 'operator', tenant, roles: ['operator' as const], rights }
  return { ...received, header: { ...header, tenant }, stamp: { ...stamp, client } }
}
