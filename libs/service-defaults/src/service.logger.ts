import { type LoggerService } from '@nestjs/common'
import { context, trace } from '@opentelemetry/api'
import { pino } from 'pino'

/** JSON lines on stdout; each carries the active trace and span ids. Never give it a secret: it prints what it gets. */
export type ServiceLog = pino.Logger

/** Injection token class for the service's logger. */
export abstract class ServiceLogger {
  abstract info(fields: object, message: string): void
  abstract warn(fields: object, message: string): void
  abstract error(fields: object, message: string): void
  abstract debug(fields: object, message: string): void
}

export function createLogger(service: string, instance: string, level: string): ServiceLog {
  return pino({
    level,
    base: { service, instance },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err, error: pino.stdSerializers.err },
    mixin: () => {
      const span = trace.getSpanContext(context.active())
      return span ? { trace_id: span.traceId, span_id: span.spanId } : {}
    },
  })
}

/** Nest's own lines in the same shape; its start-up chatter is kept for debugging. */
export function nestLogger(log: ServiceLog): LoggerService {
  const where = (parameters: unknown[]) => ({ context: parameters.at(-1) })
  return {
    log: (message: unknown, ...rest: unknown[]) => log.debug(where(rest), String(message)),
    debug: (message: unknown, ...rest: unknown[]) => log.debug(where(rest), String(message)),
    verbose: (message: unknown, ...rest: unknown[]) => log.trace(where(rest), String(message)),
    warn: (message: unknown, ...rest: unknown[]) => log.warn(where(rest), String(message)),
    error: (message: unknown, ...rest: unknown[]) =>
      log.error({ ...where(rest), ...(message instanceof Error && { err: message }) }, String(message)),
  }
}
