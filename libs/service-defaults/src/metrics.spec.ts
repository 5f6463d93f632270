import { afterEach, describe, expect, it } from 'vitest'
import { Metrics } from './metrics.js'

let metrics: Metrics
const make = () => (metrics = new Metrics('executor'))
afterEach(() => {
  metrics.registry.clear()
})

describe('the metrics of a service', () => {
  it('carry its name and the labels they are given', async () => {
    make().counter('messages_total', 'Messages', ['type']).inc({ type: 'task.run' })
    expect(await metrics.registry.metrics()).toContain('messages_total{type="task.run",service="executor"} 1')
  })

  it('give the same metric for the same name', async () => {
    make()
    expect(metrics.counter('a_total', 'A')).toBe(metrics.counter('a_total', 'A'))
    expect(metrics.gauge('b', 'B')).toBe(metrics.gauge('b', 'B'))
    expect(metrics.histogram('c_seconds', 'C')).toBe(metrics.histogram('c_seconds', 'C'))
  })

  it('sort times in seconds, from a millisecond to minutes', async () => {
    make().histogram('call_seconds', 'Calls').observe(0.004)
    const text = await metrics.registry.metrics()
    expect(text).toContain('call_seconds_bucket{le="0.0025",service="executor"} 0')
    expect(text).toContain('call_seconds_bucket{le="0.005",service="executor"} 1')
    expect(text).toContain('call_seconds_bucket{le="300",service="executor"} 1')
  })

  it('of one service say nothing of another in the same process', async () => {
    make().counter('mine_total', 'Mine').inc()
    const other = new Metrics('audit')
    expect(await other.registry.metrics()).not.toContain('mine_total')
    other.registry.clear()
  })
})
