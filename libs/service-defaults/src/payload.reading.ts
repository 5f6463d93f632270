import { type PayloadClass, TerminalError } from '@guildhall/contracts'
import { plainToInstance } from 'class-transformer'
import { validateSync, type ValidationError } from 'class-validator'
import { type Precheck, precheckOf } from './payload.precheck.js'

const prechecks = new Map<PayloadClass, Precheck | undefined>()
const lenient = { forbidUnknownValues: false, validationError: { target: false } }

/**
 * Makes an instance of a payload class of what arrived, nested classes too. Properties that the class does not know pass:
 * a newer service may have sent them. Constraints that answer by a promise are not asked: no payload class has any.
 * @throws TerminalError `invalid-payload`: what does not fit the class can never be handled.
 */
export function readPayload(payload: PayloadClass, value: unknown): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TerminalError('invalid-payload', 'the payload must be an object')
  const precheck = precheckFor(payload)
  const instance = precheck ? flatInstance(payload, value) : plainToInstance(payload, value)
  if (precheck?.(instance)) return instance
  const errors = validateSync(instance, lenient)
  if (errors.length > 0) throw new TerminalError('invalid-payload', describeProblems(errors))
  return instance
}

/**
 * A quick look whether a payload fits its class and has no property that the class does not know. `false` means that
 * class-validator has to be asked, which also says what is wrong.
 */
export function fitsExactly(payload: PayloadClass, value: object): boolean {
  const precheck = precheckFor(payload)
  if (!precheck) return false
  const { properties } = precheck
  return Object.keys(value).every((name) => properties.has(name)) && precheck(flatInstance(payload, value))
}

function precheckFor(payload: PayloadClass): Precheck | undefined {
  if (!prechecks.has(payload)) prechecks.set(payload, precheckOf(payload))
  return prechecks.get(payload)
}

// What plainToInstance makes of a class without nested ones, which are all that class-transformer is told about: the
// same, but for a copy of the values, which nobody else holds.
function flatInstance(payload: PayloadClass, value: object): object {
  const instance = new payload() as Record<string, unknown>
  for (const key of Object.keys(value))
    if (key !== '__proto__' && key !== 'constructor') instance[key] = (value as Record<string, unknown>)[key]
  return instance
}

/** `mounts.0.source must be an absolute path; goal must be a string`. */
export function describeProblems(errors: readonly ValidationError[], path = ''): string {
  return errors
    .flatMap((error) => {
      const at = path ? `${path}.${error.property}` : error.property
      const own = Object.values(error.constraints ?? {}).map((text) =>
        text.startsWith(error.property) ? `${path ? `${path}.` : ''}${text}` : `${at}: ${text}`,
      )
      return error.children?.length ? [...own, describeProblems(error.children, at)] : own
    })
    .join('; ')
}
