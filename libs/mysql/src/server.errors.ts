/** The database could not be reached or used within the time allowed; the message says what to check. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  constructor(
    /** The server's or system's own code: `ECONNREFUSED`, `ER_ACCESS_DENIED_ERROR`, … */
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

interface ServerFailure {
  code: string
  errno: number
  text: string
}

/** Code and text of a failure of the driver, of TypeORM or of the system; never the statement, which may hold secrets. */
export function failureOf(error: unknown): ServerFailure {
  const outer = (error ?? {}) as { driverError?: unknown; errors?: unknown[] }
  const inner = outer.driverError ?? outer.errors?.[0] ?? outer
  const { code, errno, sqlMessage, message } = inner as Record<string, unknown>
  return {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    errno: typeof errno === 'number' ? errno : 0,
    text: String(sqlMessage ?? message ?? code ?? error),
  }
}

const advice: Record<string, string> = {
  ECONNREFUSED: 'no server listens there: start it, or correct host and port',
  ENOENT: 'the socket does not exist: start the server, or correct the path',
  ENOTFOUND: 'the host name does not resolve: correct it',
  ETIMEDOUT: 'the server does not answer: check network and firewall',
  ER_ACCESS_DENIED_ERROR: 'user or password is wrong: provision the service again with the password it uses',
  ER_DBACCESS_DENIED_ERROR: 'the schema or the right to it is missing: provision the service',
  ER_BAD_DB_ERROR: 'the schema is missing: provision the service',
  ER_NO_SUCH_TABLE: 'the tables are missing: run the migrations of this service',
  ER_CON_COUNT_ERROR: 'the server has no connection left: raise max_connections or lower the pool sizes',
}

/** What a person can do about a failure code. */
export function adviceFor(code: string): string {
  return advice[code] ?? 'check that the server runs and that this service was provisioned and migrated'
}
