/** Whether a failed run is tried again: business retry of a task, not redelivery of a message. */
export function mayRetry(o: {
  attempt: number
  maxAttempts: number
  retryable: boolean
  cancelRequested: boolean
}): boolean {
  return o.retryable && !o.cancelRequested && o.attempt < o.maxAttempts
}
