import type { IncomingEntry } from '@guildhall/redis-streams'
import type { AccessSnapshot } from '../clients/access.snapshot.js'
import type { Policy } from '../policy/policy.rules.js'
import { headerOfEntry, problemOfFields, subjectOf } from './gateway.entry.js'
import { parseObject, problemOfPayload } from './incoming.message.js'
import { denied, type Judged } from './judged.message.js'
import { carriageDenial, type Denial, permissionDenial } from './routing.policy.js'

/** By what an entry of the gateway stream is judged. */
export interface Rules {
  access: AccessSnapshot
  policy: Policy
}

/**
 * Judges an entry of the gateway stream by itself: what is cheap and says least to strangers comes first. Without a
 * credential nothing of it is parsed.
 */
export function judgeClientEntry(
  { entryId, fields }: IncomingEntry,
  gatewayKey: string,
  rules: Rules,
  nowMs: number,
): Judged {
  const authentication = rules.access.authenticate(fields['authorization'], nowMs)
  const { known } = authentication
  const header = headerOfEntry(gatewayKey, entryId, fields, known?.identity, nowMs)
  if (!known) {
    return { header, data: '', denial: { code: 'unauthenticated', reason: authentication.reason } }
  }
  const { identity: client, replyStream } = known
  const judged: Judged = { header, data: fields['data'] ?? '', client, replyStream }
  const denial =
    invalid(problemOfFields(fields)) ??
    permissionDenial({ client }, header.type) ??
    policyDenial(rules.policy.denialOf(client, header.type)) ??
    carriageDenial(header, judged.data, nowMs) ??
    payloadDenial(judged)
  return denial ? denied(judged, denial) : judged
}

function payloadDenial({ header, data }: Judged): Denial | undefined {
  const payload = parseObject(data)
  if (!payload) return { code: 'invalid', reason: 'the field data is no JSON object' }
  const subject = subjectOf(header, payload)
  if (subject !== undefined) header.subject = subject
  return invalid(problemOfPayload(header.type, payload))
}

function invalid(reason: string | undefined): Denial | undefined {
  return reason ? { code: 'invalid', reason } : undefined
}

function policyDenial(reason: string | undefined): Denial | undefined {
  return reason ? { code: 'not-permitted', reason } : undefined
}
