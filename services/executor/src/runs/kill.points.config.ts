import { randomInt } from 'node:crypto'

/** How often, and by which chance, executors are killed: few times as part of all tests, or a hundred times. */
export interface KillPointsConfig {
  readonly seed: number
  /** Runs of the story, each with `kills` executors killed one after the other. */
  readonly rounds: number
  readonly kills: number
  /** Where a line of JSON is added about how it ended. */
  readonly resultsFile: string | undefined
}

const everydaySeed = 20_261_123

/** GUILDHALL_CHAOS_SEED (a number, `random`, or absent for the everyday one), GUILDHALL_CHAOS_FULL (`1` for all), GUILDHALL_CHAOS_RESULTS. */
export function readKillPointsConfig(env: NodeJS.ProcessEnv = process.env): KillPointsConfig {
  const text = env['GUILDHALL_CHAOS_SEED']
  const seed = text === 'random' ? randomInt(2 ** 31) : Number(text || everydaySeed)
  if (!Number.isSafeInteger(seed)) throw new Error(`GUILDHALL_CHAOS_SEED is no whole number: ${text}`)
  return {
    seed,
    ...(env['GUILDHALL_CHAOS_FULL'] === '1' ? { rounds: 10, kills: 10 } : { rounds: 1, kills: 5 }),
    resultsFile: env['GUILDHALL_CHAOS_RESULTS'] || undefined,
  }
}
