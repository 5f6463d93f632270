import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis'
import { MySQL2Instrumentation } from '@opentelemetry/instrumentation-mysql2'
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { register } from 'import-in-the-middle/register-hooks.mjs'
import { onShutdown } from './shutdown.hooks.js'

/** Spans of the service, ioredis, mysql2 and fetch, sent by OTLP over HTTP; flushed when the service stops. */
export function startTracing(serviceName: string): void {
  // The synchronous hook patches ES modules; every other module loads untouched.
  register({ include: ['ioredis', 'mysql2', 'undici'] })
  const sdk = new NodeSDK({
    serviceName,
    traceExporter: new OTLPTraceExporter(),
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [
      // Statements without a parent are the idle polling of read loops and sweepers: noise, not a trace.
      new IORedisInstrumentation({ requireParentSpan: true }),
      new MySQL2Instrumentation(),
      new UndiciInstrumentation({ requireParentforSpans: true }),
    ],
  })
  sdk.start()
  onShutdown(() => sdk.shutdown())
}
