import { randomInt } from 'node:crypto'

/** How the stories are run: few and short as part of all tests, or all of them at full length. */
export interface ChaosConfig {
  /** What chance does; the same seed makes the same choices. */
  readonly seed: number
  readonly isFull: boolean
  /** Where each story adds a line of JSON about how it ended. */
  readonly resultsFile: string | undefined
  /** Where the processes' logs are kept; removed after a story when absent. */
  readonly logFolder: string | undefined
}

const everydaySeed = 20_261_122

/**
 * GUILDHALL_CHAOS_SEED (a number, `random`, or absent for the everyday one), GUILDHALL_CHAOS_FULL (`1` for all),
 * GUILDHALL_CHAOS_RESULTS, GUILDHALL_CHAOS_LOGS.
 */
export function readChaosConfig(env: NodeJS.ProcessEnv = process.env): ChaosConfig {
  const text = env['GUILDHALL_CHAOS_SEED']
  const seed = text === 'random' ? randomInt(2 ** 31) : Number(text || everydaySeed)
  if (!Number.isSafeInteger(seed)) throw new Error(`GUILDHALL_CHAOS_SEED is no whole number: ${text}`)
  return {
    seed,
    isFull: env['GUILDHALL_CHAOS_FULL'] === '1',
    resultsFile: env['GUILDHALL_CHAOS_RESULTS'] || undefined,
    logFolder: env['GUILDHALL_CHAOS_LOGS'] || undefined,
  }
}
