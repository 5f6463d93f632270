import { describe, expect, it } from 'vitest'
import { clausesOf, MAX_FACETS, proseOf, READ_TASK_CHARACTERS } from './task-facets.js'

const texts = (task: string) => clausesOf(proseOf(task)).map(({ text }) => text)

describe('the clauses of a task', () => {
  it('separates requests and leaves enumerations whole', () => {
    expect(texts('Report the licences and install sizes of the packages')).toEqual([
      'Report the licences and install sizes of the packages',
    ])
    expect(texts('Find duplicate files and book a flight to Lisbon')).toEqual([
      'Find duplicate files',
      'book a flight to Lisbon',
    ])
    expect(texts('Sort the rows; then translate the header')).toEqual([
      'Sort the rows',
      'translate the header',
    ])
  })
  it('joins what only describes the situation to the request beside it', () => {
    expect(texts('The disk is full. Find the largest files. They may be anywhere.')).toEqual([
      'The disk is full. Find the largest files. They may be anywhere.',
    ])
  })
  it('reads hard-wrapped lines as one sentence and list items as several', () => {
    expect(texts('Find the files that are\nlarger than a gigabyte')).toHaveLength(1)
    expect(texts('Please:\n- find the duplicates\n- verify the checksums')).toHaveLength(2)
  })
  it('leaves code blocks out, also one that is never closed', () => {
    expect(texts('Explain the failure\n```\nbook a flight\n```')).toEqual(['Explain the failure'])
    expect(texts('Explain the failure\n```\nbook a flight')).toEqual(['Explain the failure'])
  })
  it('never gives more than eight and reads no further than the limit', () => {
    expect(texts('Find the files. '.repeat(300)).length).toBe(MAX_FACETS)
    expect(proseOf('x '.repeat(50_000)).length).toBeLessThanOrEqual(READ_TASK_CHARACTERS)
  })
})
