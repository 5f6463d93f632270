import { type PayloadClass, TaskGet, TaskSubmit, topology } from '@guildhall/contracts'
import { plainToInstance } from 'class-transformer'
import { getMetadataStorage, validateSync } from 'class-validator'
import { describe, expect, it } from 'vitest'
import { precheckOf } from './payload.precheck.js'

const values: unknown[] = [
  undefined,
  null,
  '',
  'text',
  'x'.repeat(70_000),
  '3f2b9c1e-6a4d-4f0b-9a44-0c9f8f1d2b11',
  '2026-11-22T10:00:00.000Z',
  '/data',
  'ro',
  'submitted',
  0,
  1,
  -1,
  1.5,
  1_000_000_000,
  true,
  false,
  [],
  ['text'],
  [1, 'text'],
  [null],
  {},
  { a: 1 },
]

function propertiesOf(payload: PayloadClass): string[] {
  const storage = getMetadataStorage()
  return Object.keys(
    storage.groupByPropertyName(storage.getTargetValidationMetadatas(payload, '', false, false)),
  )
}

/** For each value in its place: an instance with one good guess at every other property. */
function* instancesOf(payload: PayloadClass): Generator<object> {
  const properties = propertiesOf(payload)
  const passing = Object.fromEntries(properties.map((name) => [name, passingValue(payload, name)]))
  yield plainToInstance(payload, passing)
  for (const name of properties)
    for (const value of values) yield plainToInstance(payload, { ...passing, [name]: value })
}

function passingValue(payload: PayloadClass, name: string): unknown {
  return values.find((value) =>
    validateSync(plainToInstance(payload, { [name]: value }), { forbidUnknownValues: false }).every(
      ({ property }) => property !== name,
    ),
  )
}

describe('the quick look at a payload', () => {
  it.each(topology.messages.map(({ type, payload }) => [type, payload] as const))(
    'never lets pass what class-validator does not: %s',
    (_, payload) => {
      const isFine = precheckOf(payload)
      for (const instance of instancesOf(payload)) {
        const problems = validateSync(instance, { forbidUnknownValues: false })
        if (isFine?.(instance)) expect(problems).toEqual([])
      }
    },
  )

  it('spares class-validator most good payloads: those without nested classes', () => {
    const passes = topology.messages.filter(({ payload }) =>
      [...instancesOf(payload)].some((instance) => precheckOf(payload)?.(instance)),
    )
    expect(passes.length).toBeGreaterThan(topology.messages.length / 2)
    expect(precheckOf(TaskGet)?.(plainToInstance(TaskGet, { taskId: values[5] }))).toBe(true)
    expect(precheckOf(TaskGet)?.(plainToInstance(TaskGet, { taskId: 'no uuid' }))).toBe(false)
    expect(precheckOf(TaskSubmit)).toBeUndefined()
  })
})
