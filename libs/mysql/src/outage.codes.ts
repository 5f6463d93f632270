/** By number, since the driver knows the names of one kind of server only. */
const outageCodes = {
  // It stops, or has ended the connection.
  ER_SERVER_SHUTDOWN: 1053,
  ER_NORMAL_SHUTDOWN: 1077,
  ER_CONNECTION_KILLED: 1927,
  ER_CLIENT_INTERACTION_TIMEOUT: 4031,
  // It has no place for one more connection.
  ER_CON_COUNT_ERROR: 1040,
  ER_OUT_OF_RESOURCES: 1041,
  ER_TOO_MANY_USER_CONNECTIONS: 1203,
  ER_USER_LIMIT_REACHED: 1226,
  // It does not let in: the password is just being changed.
  ER_ACCESS_DENIED_ERROR: 1045,
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 1698,
  // It takes no writes: a replica during a failover, a full disk.
  ER_OPTION_PREVENTS_STATEMENT: 1290,
  ER_READ_ONLY_MODE: 1836,
  ER_DISK_FULL: 1021,
  ER_RECORD_FILE_FULL: 1114,
}
const outageNumbers = new Set<unknown>(Object.values(outageCodes))

/**
 * Whether a failure is the server's absence and no fault of the statement, which will pass once the server is back. The
 * driver calls `fatal` what leaves it without a connection: refused, lost, timed out.
 */
export function isOutage(error: unknown): boolean {
  const { fatal, errno, driverError } = (error ?? {}) as {
    fatal?: unknown
    errno?: unknown
    driverError?: unknown
  }
  return fatal === true || outageNumbers.has(errno) || (driverError !== undefined && isOutage(driverError))
}
