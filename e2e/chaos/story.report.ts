import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'
import { readChaosConfig } from './chaos.config.js'
import type { Counts } from './ledger.js'
import type { Rig } from './rig.js'

/** How a story ended; a line of JSON each in the results file. */
export interface StoryResult extends Counts {
  story: string
  seed: number
  kills: number
  tookMs: number
  /** What else was measured, in words. */
  notes: string[]
}

/**
 * Ends a story: no more load, everything on its way arrives, the tables are counted, and the line is printed and kept.
 * The claims hold for every story: nothing lost, doubled, reordered, unaudited or left behind.
 */
export async function endStory(
  rig: Rig,
  told: { story: string; seed: number; startedAt: number; kills?: number; notes?: string[] },
  quietWithinMs = 60_000,
): Promise<Counts> {
  rig.setLoad(0)
  await rig.untilAllReady()
  await rig.untilQuiet(quietWithinMs)
  const counts = await rig.ledger.count()
  const left = await rig.leftBehind()
  const { story, seed, kills = 0, notes = [], startedAt } = told
  const result = { story, seed, kills, notes, tookMs: Date.now() - startedAt, ...counts }
  console.log(describeStory(result))
  const { resultsFile } = readChaosConfig()
  if (resultsFile) appendFileSync(resultsFile, `${JSON.stringify(result)}\n`)
  expect(counts).toMatchObject({ lost: 0, doubled: 0, reordered: 0, unaudited: 0 })
  expect(left).toEqual([])
  return counts
}

function describeStory({ story, kills, notes, tookMs, ...counts }: StoryResult): string {
  const { lost, doubled, reordered, effects, refusedAsLate, unaudited, seed } = counts
  return [
    `${story}: ${lost} lost, ${doubled} doubled, ${reordered} reordered of ${effects} effects; ${unaudited} unaudited`,
    ...(kills > 0 ? [`${kills} kills`] : []),
    ...(refusedAsLate > 0 ? [`${refusedAsLate} late and refused`] : []),
    ...notes,
    `${(tookMs / 1_000).toFixed(1)} s, seed ${seed}`,
  ].join('; ')
}
