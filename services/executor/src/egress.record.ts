import type { EgressEvent } from '@guildhall/egress'
import type { Metrics, ServiceLogger } from '@guildhall/service-defaults'

/** Every attempt of a run to reach something is in the log, and counted by how it went. */
export function recordEgress(metrics: Metrics, logger: ServiceLogger): (event: EgressEvent) => void {
  const attempts = metrics.counter(
    'guildhall_egress_attempts_total',
    'Connections that runs asked for: opened, or the reason why not',
    ['verdict'],
  )
  const bytes = metrics.counter('guildhall_egress_bytes_total', 'Bytes that runs moved', ['direction'])
  return (event) => {
    if (event.kind === 'closed') {
      bytes.inc({ direction: 'sent' }, event.sentBytes)
      bytes.inc({ direction: 'received' }, event.receivedBytes)
      return logger.info(event, 'a connection of a run has ended')
    }
    attempts.inc({ verdict: event.kind === 'opened' ? 'opened' : event.reason })
    if (event.kind === 'opened') return logger.info(event, 'a run has opened a connection')
    logger.warn(event, 'a run was refused a connection')
  }
}
