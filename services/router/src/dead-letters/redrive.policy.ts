import { type Stamp, topology } from '@guildhall/contracts'
import { parseObject } from '../judging/incoming.message.js'
import type { DeadLetterRecord } from './dead-letter.entity.js'
import { bytesOfField } from './dead-letter.fields.js'

/** A message that keeps dying is not helped by more tries. */
export const maxRedrives = 3

/** What goes back to the ear of the service, with the original bytes of header and payload. */
export interface RedrivableMessage {
  event: Buffer
  data: Buffer
  stamp: Stamp
}

/**
 * What of a dead letter goes back, or why nothing can. Only what lay at the ear of the service, judged and stamped, goes
 * back there. What died in the router's hands was never judged: an entry of the gateway stream has lost its credential,
 * and the mouth of a service is for that service alone to fill. Their senders have to say it again.
 * @param earKey the ear of the letter's service.
 */
export function redrivableOf(
  { state, redrives, service, fields: json }: DeadLetterRecord,
  earKey: string,
): RedrivableMessage | { refusal: string } {
  if (state !== 'waiting' || json === null) return { refusal: `it is ${state} already` }
  if (redrives >= maxRedrives) return { refusal: `it was redriven ${redrives} times, and died each time` }
  const fields = JSON.parse(json) as Parameters<typeof bytesOfField>[0]
  // Written by the consumer that gave it up, behind everything that the entry brought.
  const died = parseObject(bytesOfField(fields, 'error')?.toString())?.['stream']
  if (died !== earKey) {
    return {
      refusal:
        'it died before it was judged, and lacks the credential for that: its sender has to say it again',
    }
  }
  const [event, data] = [bytesOfField(fields, 'event'), bytesOfField(fields, 'data')]
  const stamp = parseObject(bytesOfField(fields, 'stamp')?.toString()) as Stamp | undefined
  const type = parseObject(event?.toString())?.['type']
  if (!event || !data || !stamp || typeof type !== 'string') return { refusal: 'it is not whole' }
  if (!topology.find(type)?.to.includes(service)) return { refusal: `${service} does not hear ${type}` }
  return { event, data, stamp }
}
