/** What this library needs of a logger; a pino logger is one. */
export interface StreamsLogger {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

export const silentLogger: StreamsLogger = { debug() {}, info() {}, warn() {}, error() {} }
