import { isDeepStrictEqual } from 'node:util'
import type { StepCondition } from '@guildhall/contracts'
import { findReference, type ReferenceScope, resolveReference, resolveReferences } from './step.references.js'

/**
 * Whether all conditions of a step hold; without any they do.
 * @throws UnknownReferenceError when something is compared that is not there; `exists` asks for that
 */
export function conditionsHold(
  when: StepCondition | readonly StepCondition[] | undefined,
  scope: ReferenceScope,
): boolean {
  return [when ?? []].flat().every((condition) => holds(condition, scope))
}

function holds({ ref, equals, notEquals, in: list, exists }: StepCondition, scope: ReferenceScope): boolean {
  if (exists !== undefined) return (findReference(ref, scope) !== undefined) === exists
  const value = resolveReference(ref, scope)
  const isEqual = (other: unknown) => isDeepStrictEqual(value, other)
  if (equals !== undefined) return isEqual(resolveReferences(equals, scope))
  if (notEquals !== undefined) return !isEqual(resolveReferences(notEquals, scope))
  const among = list === undefined ? undefined : resolveReferences(list, scope)
  return Array.isArray(among) && among.some(isEqual)
}
