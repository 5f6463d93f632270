import { basename, dirname } from 'node:path'
import { Environment } from './environment.config.js'

/**
 * OTEL_EXPORTER_OTLP_ENDPOINT decides whether spans leave the process (the exporter reads it and its relatives
 * itself); OTEL_SERVICE_NAME defaults to the folder that holds the service (`services/<name>/dist/main.js`).
 */
export function readTracingConfig(environment = Environment.fromProcess(), program = process.argv[1] ?? '') {
  return {
    endpoint:
      environment.optional('OTEL_EXPORTER_OTLP_ENDPOINT') ??
      environment.optional('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'),
    serviceName: environment.optional('OTEL_SERVICE_NAME') ?? basename(dirname(dirname(program))),
  }
}
