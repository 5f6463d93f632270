import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  AuditList,
  AuditListed,
  createEnvelope,
  type DeadLetterField,
  type DeadLetterView,
  newId,
} from '@guildhall/contracts'
import { streamKeys } from '@guildhall/redis-streams'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine } from './command.line.js'
import { RunningStack, until } from './running.stack.js'

const keys = streamKeys('main')
let guildhall: RunningStack
let commands: CommandLine

beforeAll(async () => {
  guildhall = await RunningStack.start()
  commands = CommandLine.in(guildhall.stateDir)
})
afterAll(async () => {
  commands.remove()
  await guildhall.stop()
})

/** Puts a message at the ear of the audit, as the router would, whose answer goes to the stack's own client. */
async function poison(data: string): Promise<string> {
  const origin = { tenant: 'local', replyto: 'local', subject: newId() }
  const { header } = createEnvelope('audit.count', {}, '/clients/local', origin)
  const stamp = {
    verdict: 'allowed',
    at: new Date().toISOString(),
    router: 'router-1',
    policy: '2.0',
    heardOn: 'gateway',
    deliveredTo: ['to:audit'],
  }
  const admin = guildhall.redis('admin')
  await admin.xadd(
    keys.to('audit'),
    '*',
    ...['event', JSON.stringify(header), 'data', data, 'stamp', JSON.stringify(stamp)],
  )
  admin.disconnect()
  return header.id
}

async function letterOf(messageId: string, state = 'waiting'): Promise<DeadLetterView> {
  let found: DeadLetterView | undefined
  await until(async () => {
    const { value } = await commands.run<{ deadLetters: DeadLetterView[] }>(
      'dead-letters',
      'list',
      '--state',
      state,
    )
    found = value.deadLetters.find((letter) => letter.messageId === messageId)
    return found !== undefined
  }, `the dead letter of ${messageId} is listed as ${state}`)
  return found as DeadLetterView
}

describe('a message that no service could handle', () => {
  it('is listed, shown, put back, audited, and when it dies again is another dead letter of the same message', async () => {
    const data = '{"this is": "no JSON'
    const id = await poison(data)
    const letter = await letterOf(id)
    expect(letter).toMatchObject({
      service: 'audit',
      type: 'audit.count',
      code: 'invalid-entry',
      redrives: 0,
    })

    const shown = await commands.run<{ fields: DeadLetterField[] }>(
      'dead-letters',
      'show',
      letter.id.slice(0, 30),
    )
    expect(shown.value.fields).toContainEqual({ name: 'data', value: data })

    expect(await commands.run('dead-letters', 'redrive', letter.id)).toMatchObject({
      code: 0,
      value: { redriven: [letter.id], refused: [] },
    })
    expect(await letterOf(id, 'redriven')).toMatchObject({ id: letter.id, redrives: 1 })
    const again = await letterOf(id)
    expect(again).toMatchObject({ messageId: id, redrives: 1, state: 'waiting' })
    expect(again.id).not.toBe(letter.id)
    await until(async () => {
      const { value } = await guildhall.client.request(AuditList, { limit: 500 }, AuditListed)
      return value.records.some((one) => one.messageId === id && one.deliveredTo.includes('to:audit'))
    }, 'the redrive is in the audit')

    expect((await commands.run('dead-letters', 'purge', again.id)).code).toBe(2)
    expect(await commands.run('dead-letters', 'purge', again.id, '--yes')).toMatchObject({
      code: 0,
      value: { purged: [again.id] },
    })
  })
})

describe('guildhall clients, tokens and policy', () => {
  it('let another client in, with a file of its own, and shut it out again', async () => {
    const file = join(commands.folder, 'client.json')
    expect(
      (await commands.run('clients', 'add', 'anna', '--tenant', 'local', '--roles', 'submitter')).code,
    ).toBe(0)
    const issued = await commands.runProgram(
      'tokens',
      'issue',
      'anna',
      '--label',
      'laptop',
      '--client-file',
      file,
    )
    expect(issued.code).toBe(0)
    const written = JSON.parse(readFileSync(file, 'utf8')) as {
      id: string
      token: string
      replyStream: string
    }
    expect(written).toMatchObject({ id: 'anna', replyStream: expect.stringMatching(/^anna-[0-9a-f]{32}$/) })
    expect(JSON.stringify(issued.value)).not.toContain(written.token)
    const listed = await commands.run<{ tokens: { id: string; clientId: string; label: string }[] }>(
      'tokens',
      'list',
    )
    const token = listed.value.tokens.find(({ clientId }) => clientId === 'anna')
    expect(token).toMatchObject({ label: 'laptop' })
    const tokenId = token?.id ?? ''
    expect((await commands.run('tokens', 'revoke', tokenId)).code).toBe(0)
    expect((await commands.run('clients', 'revoke', 'anna')).code).toBe(0)
    expect(await commands.run('clients', 'revoke', 'local')).toMatchObject({
      code: 1,
      value: { error: { code: 'last-administrator' } },
    })
  })

  it('show the policy and set the next version', async () => {
    const shown = await commands.run('policy', 'show')
    expect(shown.value).toMatchObject({ version: 0, rules: {} })
    const file = join(commands.folder, 'policy.json')
    writeFileSync(file, JSON.stringify({ version: 0, rules: { perClient: { burst: 4_000 } } }))
    expect(await commands.run('policy', 'set', file)).toMatchObject({
      code: 0,
      value: { version: 1, author: 'local' },
    })
    expect(await commands.run('policy', 'set', file)).toMatchObject({
      code: 1,
      value: { error: { code: 'policy-changed' } },
    })
  })
})
