import type { Admission, AdmissionLimits, AdmissionRequest, AdmissionVerdict } from '@guildhall/redis-streams'
import type { Limits, Policy } from '../policy/policy.rules.js'
import { denied, type Judged } from './judged.message.js'
import type { Denial } from './routing.policy.js'

/** A message of a batch, and its entry unlike any other of all shards. */
export interface Candidate {
  judged: Judged
  entryKey: string
  /** A service that hears it had no room just now. */
  isBusy: boolean
}

const taskEnds: ReadonlySet<string> = new Set([
  'task.completed',
  'task.failed',
  'task.canceled',
  'task.rejected',
])

/**
 * Holds what clients say against what they said before: replays, rates and unfinished tasks, for all routers together,
 * by one call for a batch. Messages of services are only looked at for tasks that are over.
 * @returns the judgements in their order.
 * @throws UnavailableError, BusyError: nothing can be decided now.
 */
export async function admit(
  candidates: readonly Candidate[],
  admission: Pick<Admission, 'judge'>,
  policy: Policy,
): Promise<Judged[]> {
  const asked = candidates.filter(({ judged }) => judged.client !== undefined && !judged.denial)
  const finished = candidates.flatMap(({ judged: { header, service, denial } }) => {
    const { subject: taskId, tenant, replyto: client } = header
    const isEnd = service !== undefined && !denial && taskEnds.has(header.type)
    return isEnd && taskId !== undefined && client !== undefined ? [{ taskId, tenant, client }] : []
  })
  const all = candidates.map(({ judged }) => judged)
  if (asked.length + finished.length === 0) return all
  const verdicts = await admission.judge(
    asked.map((one) => requestFor(one, policy)),
    finished,
  )
  const denials = new Map(
    asked.flatMap(({ judged }, index) => {
      const denial = denialOf(verdicts[index] as AdmissionVerdict)
      return denial ? [[judged, denial] as const] : []
    }),
  )
  return all.map((judged) => {
    const denial = denials.get(judged)
    return denial ? denied(judged, denial) : judged
  })
}

function requestFor({ judged, entryKey, isBusy }: Candidate, policy: Policy): AdmissionRequest {
  const { header, client } = judged
  if (!client) throw new Error('Only messages of clients are put to the limits')
  const limits = policy.limitsOf(client)
  return {
    client: client.id,
    tenant: client.tenant,
    messageId: header.id,
    entryId: entryKey,
    isBusy,
    taskId: header.type === 'task.submit' ? header.subject : undefined,
    limits: { client: admissionLimits(limits.client), tenant: admissionLimits(limits.tenant) },
  }
}

function admissionLimits({ ratePerSecond, burst, waitingTasks }: Limits): AdmissionLimits {
  return { perSecond: ratePerSecond, burst, waitingTasks }
}

function denialOf({ verdict, retryAfterMs }: AdmissionVerdict): Denial | undefined {
  switch (verdict) {
    case 'ok':
      return undefined
    case 'replayed':
      return {
        code: verdict,
        reason: 'another entry had this id a while ago: give each message an id of its own',
      }
    case 'rate-limited':
      return { code: verdict, reason: `too many messages: try again in ${Math.max(1, retryAfterMs)} ms` }
    case 'too-much-waiting':
      return { code: verdict, reason: 'too many tasks are unfinished: try again when some have ended' }
    case 'busy':
      return { code: verdict, reason: 'the service has too much before it: try again in a while' }
  }
}
