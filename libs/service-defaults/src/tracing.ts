// Loaded before the service by `node --import`: instrumentation must be in place before ioredis and mysql2 are.
import { readTracingConfig } from './tracing.config.js'

const config = readTracingConfig()
const { startTracing } = config.endpoint
  ? await import('./exporting.tracing.js')
  : await import('./local.tracing.js')
startTracing(config.serviceName)
