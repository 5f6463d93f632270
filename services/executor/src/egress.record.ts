import { EgressAttempted, type EgressCount, type MessageOrigin } from '@guildhall/contracts'
import type { EgressEvent } from '@guildhall/egress'
import type { Database } from '@guildhall/mysql'
import type { Metrics, ServiceLogger } from '@guildhall/service-defaults'
import { originNow } from './runs/run.origin.js'

interface RecordedRun {
  taskId: string
  runId: string
  origin: MessageOrigin
}

interface Followed extends RecordedRun {
  places: Map<string, EgressCount>
  further: number
  timer: NodeJS.Timeout | undefined
  saying: Promise<void>
}

/** Of one run: places beyond these are counted together. */
const mostPlaces = 100
const mostAddresses = 3
const sayAfterMs = 250

/**
 * Every attempt of a run to reach something is in the log, and counted by how it went. What it tried is said too, so that it is
 * in the audit: the first attempt at a place soon, further ones as a number when the run ends or is put aside.
 */
export class EgressRecord {
  private readonly followed = new Map<string, Followed>()
  private readonly attempts
  private readonly bytes

  constructor(
    private readonly database: Database,
    metrics: Metrics,
    private readonly logger: Pick<ServiceLogger, 'info' | 'warn' | 'error'>,
  ) {
    this.attempts = metrics.counter(
      'guildhall_egress_attempts_total',
      'Connections that runs asked for: opened, or the reason why not',
      ['verdict'],
    )
    this.bytes = metrics.counter('guildhall_egress_bytes_total', 'Bytes that runs moved', ['direction'])
  }

  /** Until the returned function is called, which says the rest. */
  follow({ taskId, runId, origin }: RecordedRun): () => Promise<void> {
    const run: Followed = {
      taskId,
      runId,
      origin,
      places: new Map(),
      further: 0,
      timer: undefined,
      saying: Promise.resolve(),
    }
    this.followed.set(runId, run)
    return async () => {
      this.followed.delete(runId)
      clearTimeout(run.timer)
      await this.say(run)
    }
  }

  note(event: EgressEvent): void {
    if (event.kind === 'closed') {
      this.bytes.inc({ direction: 'sent' }, event.sentBytes)
      this.bytes.inc({ direction: 'received' }, event.receivedBytes)
      return this.logger.info(event, 'a connection of a run has ended')
    }
    const verdict = event.kind === 'opened' ? 'opened' : event.reason
    this.attempts.inc({ verdict })
    const run = this.followed.get(event.runId)
    if (run) this.count(run, verdict, event)
    if (event.kind === 'opened') return this.logger.info(event, 'a run has opened a connection')
    this.logger.warn(event, 'a run was refused a connection')
  }

  private count(run: Followed, verdict: string, event: EgressEvent): void {
    const { host, port } = event
    const key = `${verdict} ${host}:${port}`
    const known = run.places.get(key)
    if (known) known.count += 1
    else if (run.places.size >= mostPlaces) run.further += 1
    else {
      const addresses = event.kind === 'refused' ? event.addresses?.slice(0, mostAddresses) : undefined
      run.places.set(key, {
        ...(host !== undefined && { host }),
        ...(port !== undefined && { port }),
        verdict,
        count: 1,
        ...(addresses && { addresses }),
      })
      run.timer ??= setTimeout(() => {
        run.timer = undefined
        void this.say(run)
      }, sayAfterMs).unref()
    }
  }

  /** One after the other, so that nothing is said twice; what could not be said is said the next time. */
  private say(run: Followed): Promise<void> {
    return (run.saying = run.saying.then(() => this.sayNow(run)))
  }

  private async sayNow(run: Followed): Promise<void> {
    const { taskId, runId, origin, further } = run
    const news = [...run.places.values()].filter(({ count }) => count > 0)
    if (news.length === 0 && further === 0) return
    const attempts = news.map((place) => ({ ...place }))
    try {
      await this.database.transact((tx) => {
        tx.publish(EgressAttempted, { taskId, runId, attempts, further }, originNow(origin))
        return Promise.resolve()
      })
    } catch (error) {
      return this.logger.error(
        { err: error, runId, attempts, further },
        'what a run tried to reach could not be said',
      )
    }
    news.forEach((place, index) => {
      place.count -= attempts[index]?.count ?? 0
    })
    run.further -= further
  }
}
