import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  answerLimitBytes,
  type DeadLetterField,
  DeadLetterList,
  DeadLetterListed,
  DeadLetterPurge,
  DeadLetterPurged,
  DeadLetterRedrive,
  DeadLetterRedriven,
  DeadLetterShow,
  DeadLetterShown,
  deadLettersPerRequest,
  type DeadLetterView,
  fittingList,
  type ReceivedMessage,
  RequestError,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { requesterOf } from '../requester.js'
import type { DeadLetterRecord } from './dead-letter.entity.js'
import { fittingFields } from './dead-letter.fields.js'
import { DeadLetterRedriving } from './dead-letter.redriving.js'
import { DeadLetterRepository } from './dead-letter.repository.js'

/** What administrators ask about dead letters, and what they do with them. */
@Controller()
export class DeadLetterController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(DeadLetterRepository) private readonly letters: DeadLetterRepository,
    @Inject(DeadLetterRedriving) private readonly redriving: DeadLetterRedriving,
  ) {}

  @Handles(DeadLetterList)
  async list(@Payload() request: DeadLetterList): Promise<DeadLetterListed> {
    const { records, count } = await this.letters.page(request)
    const { kept } = fittingList(records.map(deadLetterView))
    return { deadLetters: kept, omitted: count - kept.length }
  }

  @Handles(DeadLetterShow)
  async show(@Payload() { deadLetterId }: DeadLetterShow): Promise<DeadLetterShown> {
    const letter = await this.letters.find(deadLetterId)
    if (!letter) throw new RequestError('dead-letter-not-found', `There is no dead letter ${deadLetterId}.`)
    const fields = JSON.parse(letter.fields ?? '[]') as DeadLetterField[]
    return { deadLetter: deadLetterView(letter), ...fittingFields(fields, answerLimitBytes) }
  }

  @Handles(DeadLetterRedrive)
  async redrive(@Payload() request: DeadLetterRedrive, @Ctx() message: ReceivedMessage): Promise<void> {
    const by = requesterOf(message)
    await this.database.handleOnce(message, async (tx) => {
      const letters = await this.letters.take(tx.manager, request, deadLettersPerRequest)
      const refused: DeadLetterRedriven['refused'] = missing(request.ids, letters)
      const redriven: string[] = []
      for (const letter of letters) {
        const refusal = await this.redriving.redrive(letter, by)
        if (refusal === undefined) {
          await this.letters.mark(tx.manager, letter.id, 'redriven', letter.redrives + 1)
          redriven.push(letter.id)
        } else {
          refused.push({ id: letter.id, code: 'not-redrivable', message: refusal })
        }
      }
      const remaining = request.ids ? 0 : await this.letters.countWaiting(tx.manager, request)
      tx.reply(message, DeadLetterRedriven, { redriven, refused, remaining })
    })
  }

  @Handles(DeadLetterPurge)
  async purge(@Payload() request: DeadLetterPurge, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const letters = await this.letters.take(tx.manager, request, deadLettersPerRequest)
      for (const { id, redrives } of letters) await this.letters.mark(tx.manager, id, 'purged', redrives)
      const remaining = request.ids ? 0 : await this.letters.countWaiting(tx.manager, request)
      tx.reply(message, DeadLetterPurged, { purged: letters.map(({ id }) => id), remaining })
    })
  }
}

function missing(ids: readonly string[] = [], found: readonly DeadLetterRecord[]) {
  const known = new Set(found.map(({ id }) => id))
  return ids
    .filter((id) => !known.has(id.toLowerCase()))
    .map((id) => ({ id, code: 'dead-letter-not-found', message: 'there is no such dead letter' }))
}

function deadLetterView(record: DeadLetterRecord): DeadLetterView {
  const { id, service, messageId, type, tenant, taskId, traceId, at } = record
  const { code, message, attempts, state, redrives } = record
  return {
    id,
    service,
    ...(messageId !== null && { messageId }),
    ...(type !== null && { type }),
    ...(tenant !== null && { tenant }),
    ...(taskId !== null && { taskId }),
    ...(traceId !== null && { traceId }),
    code,
    message,
    attempts,
    at: at.toISOString(),
    state,
    redrives,
  }
}
