// Incorrect string value: in the class "general error" on MySQL.
const wrongValue = 1366

/** Whether the server refused the values (SQLSTATE classes 22 and 23): the same again would fail the same way. */
export function isRefusedValue(error: unknown): boolean {
  const { driverError } = (error ?? {}) as { driverError?: { sqlState?: string; errno?: number } }
  return /^2[23]/.test(driverError?.sqlState ?? '') || driverError?.errno === wrongValue
}
