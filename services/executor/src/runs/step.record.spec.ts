import type { ConversationTurn } from '@guildhall/models'
import { describe, expect, it } from 'vitest'
import type { Step } from './step.entity.js'
import { StepRecord } from './step.record.js'

const runId = '7d9f5b0e-9a51-4d0a-8e68-0f1f7f0f2b11'
const turn = (calls: number) =>
  ({ toolCalls: Array.from({ length: calls }, (_, index) => ({ id: `${index}` })) }) as ConversationTurn
const call = { kind: 'function-call' as const, name: 'fs.read', repeatable: true }
const asked = { kind: 'model-turn' as const, name: 'model', repeatable: true }

function withTurns(...calls: number[]): StepRecord {
  const record = new StepRecord(runId, [])
  for (const count of calls) record.finishTurn(record.add(record.nextTurnIndex, asked), turn(count))
  return record
}

describe('the record of a run', () => {
  it('numbers the calls of a script as they come', () => {
    const record = new StepRecord(runId, [])
    expect([0, 1, 2].map(() => record.takeIndex(undefined))).toEqual([0, 1, 2])
  })

  it('gives each call of a turn its place, whether the calls before it were made or not', () => {
    const record = withTurns(3, 0, 2)
    expect(record.takeIndex({ turnIndex: 0, callIndex: 0 })).toBe(1)
    expect(record.takeIndex({ turnIndex: 0, callIndex: 2 })).toBe(3)
    expect(record.takeIndex({ turnIndex: 2, callIndex: 1 })).toBe(7)
    expect(record.nextTurnIndex).toBe(8)
  })

  it('has the same places when it is read again, whatever ended first', () => {
    const record = withTurns(2)
    const steps = [
      record.add(2, { ...call, state: 'done' }),
      record.add(1, { ...call, state: 'intent' }),
      record.at(0),
    ] as Step[]
    const again = new StepRecord(runId, steps)
    expect(again.nextTurnIndex).toBe(3)
    expect(again.at(again.takeIndex({ turnIndex: 0, callIndex: 1 }))).toBe(steps[0])
    expect(again.at(again.takeIndex({ turnIndex: 0, callIndex: 0 }))).toBe(steps[1])
    expect(again.finishedTurns).toEqual([turn(2)])
  })

  it('does not take a turn that has only begun for one that the model has had', () => {
    const record = withTurns(1)
    const begun = record.add(record.nextTurnIndex, asked)
    const again = new StepRecord(runId, [record.at(0)!, begun])
    expect(again.nextTurnIndex).toBe(begun.index)
    expect(again.finishedTurns).toHaveLength(1)
    expect(() => again.takeIndex({ turnIndex: 1, callIndex: 0 })).toThrow(/not on record/)
  })

  it('counts the calls before one, not turns and not what comes later', () => {
    const record = withTurns(3)
    record.add(1, call)
    record.add(3, call)
    expect(record.callsBefore({ turnIndex: 0, callIndex: 0 })).toBe(0)
    expect(record.callsBefore({ turnIndex: 0, callIndex: 2 })).toBe(1)
    record.finishTurn(record.add(record.nextTurnIndex, asked), turn(1))
    expect(record.callsBefore({ turnIndex: 1, callIndex: 0 })).toBe(2)
  })
})
