import type { EventHeader, ServiceName } from '@guildhall/contracts'
import { type IncomingEntry, streamKeys } from '@guildhall/redis-streams'
import { headerOfEntry } from './gateway.entry.js'
import { parseObject, problemOfHeader } from './incoming.message.js'
import { denied, type Judged } from './judged.message.js'
import { carriageDenial, permissionDenial } from './routing.policy.js'

// Headers have some 600 bytes.
const largestHeaderChars = 16 * 1024

/** Judges an entry of a service's mouth. Who may write there has proved who it is. */
export function judgeServiceEntry(
  { shard, entryId, fields, problem: found }: IncomingEntry,
  service: string,
  nowMs: number,
): Judged {
  const data = fields['data'] ?? ''
  const event = fields['event'] ?? ''
  const isTooLong = event.length > largestHeaderChars
  const header = isTooLong ? undefined : (parseObject(event) as EventHeader | undefined)
  const problem = isTooLong
    ? `the field event has more than ${largestHeaderChars} characters`
    : problemOfHeader(header, service)
  if (!header || problem !== undefined) {
    const unreadable = headerOfEntry(streamKeys(shard).from(service), entryId, {}, undefined, nowMs)
    const judged = { header: { ...unreadable, source: `/services/${service}` }, data }
    return denied(judged, { code: 'invalid', reason: problem ?? '' })
  }
  const judged: Judged = { header, event, data, service }
  const denial =
    permissionDenial({ service: service as ServiceName }, header.type) ??
    carriageDenial(header, data, nowMs) ??
    (found === 'no-payload'
      ? { code: 'invalid', reason: 'the payload that it refers to is missing, or not the one it tells of' }
      : undefined)
  return denial ? denied(judged, denial) : judged
}
