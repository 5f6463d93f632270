import { sumOfMetric } from './metric.text.js'

/** What a service answers at its health and metrics addresses. */
export interface ServiceProbe {
  health: 'ready' | 'not-ready' | 'no-answer'
  /** Why it is not ready, by check. */
  problems: Record<string, string>
  /** Since the process started; absent when it does not say. */
  uptimeMs?: number
  /** Messages handled, or judged by the router, since the process started. */
  messages?: number
}

/** One look at a service on loopback; never throws. */
export async function probeService(httpPort: number): Promise<ServiceProbe> {
  const [health, metrics] = await Promise.all([
    read(`http://127.0.0.1:${httpPort}/readyz`),
    read(`http://127.0.0.1:${httpPort}/metrics`),
  ])
  if (!health) return { health: 'no-answer', problems: {} }
  const messages =
    sumOfMetric(metrics?.text ?? '', 'guildhall_router_messages_total') ??
    sumOfMetric(metrics?.text ?? '', 'guildhall_messages_total')
  const startedAt = sumOfMetric(metrics?.text ?? '', 'process_start_time_seconds')
  return {
    health: health.isOk ? 'ready' : 'not-ready',
    problems: health.isOk ? {} : problemsIn(health.text),
    ...(startedAt !== undefined && { uptimeMs: Date.now() - startedAt * 1_000 }),
    ...(messages !== undefined && { messages }),
  }
}

/** What the router judged since it started. */
export interface RoutedMessages {
  carried: number
  refused: number
}

/** Undefined when the router does not answer. */
export async function probeRouter(httpPort: number): Promise<RoutedMessages | undefined> {
  const metrics = await read(`http://127.0.0.1:${httpPort}/metrics`)
  if (!metrics?.isOk) return undefined
  const count = (verdict: string) =>
    sumOfMetric(metrics.text, 'guildhall_router_messages_total', { verdict }) ?? 0
  return { carried: count('allowed'), refused: count('denied') }
}

async function read(url: string): Promise<{ isOk: boolean; text: string } | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    return { isOk: response.ok, text: await response.text() }
  } catch {
    return undefined
  }
}

function problemsIn(text: string): Record<string, string> {
  try {
    const { problems } = JSON.parse(text) as { problems?: Record<string, string> }
    return problems ?? {}
  } catch {
    return {}
  }
}
