const firstDelayMs = 100
const longestDelayMs = 5_000
const healthyAfterMs = 30_000

/**
 * How long to wait before a process that died is started again: 0.1 s, doubled with each early death up to 5 s, and from
 * the start again once it had lived for 30 s.
 *
 * @param previousDelayMs the wait before the life that has just ended; 0 when it was the first
 * @param livedMs how long that life was
 */
export function restartDelayMs(previousDelayMs: number, livedMs: number): number {
  if (previousDelayMs === 0 || livedMs >= healthyAfterMs) return firstDelayMs
  return Math.min(previousDelayMs * 2, longestDelayMs)
}
