import type { DataSource, QueryRunner } from 'typeorm'

/**
 * Runs `work` while holding a named lock of the server (GET_LOCK); the name counts for the whole server, not one schema.
 * The lock ends with its connection, so `work` should do its queries through the runner it is given.
 * @param waitMs 0 returns at once when another connection holds the lock.
 * @returns false when the lock was not obtained: `work` did not run.
 */
export async function withServerLock(
  source: DataSource,
  name: string,
  waitMs: number,
  work: (runner: QueryRunner) => Promise<void>,
): Promise<boolean> {
  const lock = `guildhall:${name}`
  const runner = source.createQueryRunner()
  try {
    const rows = (await runner.query('SELECT GET_LOCK(?, ?) AS held', [lock, waitMs / 1000])) as {
      held: unknown
    }[]
    if (Number(rows[0]?.held) !== 1) return false
    try {
      await work(runner)
      return true
    } finally {
      // Fails only with the connection, and then the lock is gone too.
      await runner.query('SELECT RELEASE_LOCK(?)', [lock]).catch(() => undefined)
    }
  } finally {
    await runner.release()
  }
}
