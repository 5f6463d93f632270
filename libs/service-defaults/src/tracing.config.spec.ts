import { describe, expect, it } from 'vitest'
import { Environment } from './environment.config.js'
import { readTracingConfig } from './tracing.config.js'

const read = (values: Record<string, string>, program = '/srv/services/executor/dist/main.js') =>
  readTracingConfig(new Environment(values), program)

describe('the configuration of tracing', () => {
  it('sends nothing anywhere and is named after the folder of the service by default', () => {
    expect(read({})).toEqual({ endpoint: undefined, serviceName: 'executor' })
  })

  it('takes the endpoint for all signals before that for traces', () => {
    const all = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
    const traces = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:4319/v1/traces' }
    expect(read(traces).endpoint).toBe('http://127.0.0.1:4319/v1/traces')
    expect(read({ ...traces, ...all }).endpoint).toBe('http://127.0.0.1:4318')
  })

  it('takes the name that the environment gives', () => {
    expect(read({ OTEL_SERVICE_NAME: 'mine' }).serviceName).toBe('mine')
  })
})
