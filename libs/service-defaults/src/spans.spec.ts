import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { createEnvelope, traceContext, traceHeaders, traceIdOf } from '@guildhall/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { inSpan } from './spans.js'

const exporter = new InMemorySpanExporter()
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(provider)
})
beforeEach(() => {
  exporter.reset()
})
afterAll(async () => {
  await provider.shutdown()
  trace.disable()
  propagation.disable()
  context.disable()
})

async function spans() {
  await provider.forceFlush()
  return exporter.getFinishedSpans()
}

describe('work in a span', () => {
  it('gives its result, and its span is ended with what it was given', async () => {
    const startTime = new Date(Date.now() - 5_000)
    const link = { context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 } }
    const options = { kind: SpanKind.CLIENT, attributes: { a: 1 }, links: [link], startTime }
    expect(await inSpan('call', options, () => Promise.resolve('done'))).toBe('done')
    const [span] = await spans()
    expect(span).toMatchObject({ name: 'call', kind: SpanKind.CLIENT, attributes: { a: 1 }, ended: true })
    expect(span?.links).toMatchObject([link])
    expect(span?.duration[0]).toBeGreaterThanOrEqual(5)
  })

  it('is the parent of the spans within, across awaits', async () => {
    await inSpan('outer', {}, async () => {
      await Promise.resolve()
      await inSpan('inner', {}, () => Promise.resolve())
    })
    const [inner, outer] = await spans()
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId)
    expect(outer?.parentSpanContext).toBeUndefined()
  })

  it('goes on in the trace of a message that is given as parent', async () => {
    await inSpan('handle', { parent: traceContext({ traceparent }) }, () => Promise.resolve())
    const [span] = await spans()
    expect(span?.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(span?.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
  })

  it('throws its error on, and the span shows it and is ended', async () => {
    const error = new Error('no such file')
    await expect(inSpan('call', {}, () => Promise.reject(error))).rejects.toBe(error)
    await expect(
      inSpan('call', {}, () => {
        throw error
      }),
    ).rejects.toBe(error)
    const ended = await spans()
    expect(ended).toHaveLength(2)
    for (const span of ended) {
      expect(span.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such file' })
      expect(span.events[0]?.name).toBe('exception')
    }
  })
})

describe('a message made in a span', () => {
  const make = (origin: { traceparent?: string; tracestate?: string } = {}) =>
    createEnvelope('x.y', {}, '/services/router', { tenant: 't', ...origin }).header

  it('is in its trace', async () => {
    await inSpan('handle', {}, async (span) => {
      expect(traceIdOf(make())).toBe(span.spanContext().traceId)
      expect(make().traceparent).toBe(traceHeaders().traceparent)
    })
  })

  it('is in the trace of its origin, where that brings one', async () => {
    await inSpan('handle', {}, async () => {
      expect(make({ traceparent, tracestate: 'a=b' })).toMatchObject({ traceparent, tracestate: 'a=b' })
      // A trace state belongs to its own trace parent only.
      expect(make({ tracestate: 'a=b' }).tracestate).toBeUndefined()
    })
  })

  it('is in no trace outside of any', () => {
    expect(make()).not.toHaveProperty('traceparent')
    expect(traceIdOf(make())).toBeUndefined()
  })
})
