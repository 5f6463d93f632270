import type { PayloadClass } from '@guildhall/contracts'
import { getMetadataStorage, type ValidationArguments, ValidationTypes } from 'class-validator'

/** Whether an instance meets all that is asked of its class, and of which properties something is asked. */
export type Precheck = ((instance: object) => boolean) & { readonly properties: ReadonlySet<string> }

/** Whether a value of a property, with the object it stands in, meets what is asked of it. */
type Check = (value: unknown, object: object) => boolean
type Metadata = ReturnType<ReturnType<typeof getMetadataStorage>['getTargetValidationMetadatas']>[number]

/**
 * A quick look whether an instance of a class meets all its constraints: those of class-validator, asked in its order
 * and with its arguments, but without the error object that it makes for each property beforehand. `true` is what
 * class-validator would say too; `false` means that it has to be asked.
 * @returns undefined for a class with nested ones: it is not looked at.
 */
export function precheckOf(payload: PayloadClass): Precheck | undefined {
  const storage = getMetadataStorage()
  const all = storage.getTargetValidationMetadatas(payload, '', false, false)
  const properties = Object.entries(storage.groupByPropertyName(all))
  if (!all.every(({ type }) => checkedTypes.has(type))) return undefined
  const checks = properties.map(([name, metadatas]) => ({ name, check: checkOf(metadatas, payload.name) }))
  const precheck = (instance: object) => {
    for (const { name, check } of checks)
      if (!check((instance as Record<string, unknown>)[name], instance)) return false
    return true
  }
  return Object.assign(precheck, { properties: new Set(properties.map(([name]) => name)) })
}

const checkedTypes = new Set<string>([
  ValidationTypes.CUSTOM_VALIDATION,
  ValidationTypes.CONDITIONAL_VALIDATION,
  ValidationTypes.WHITELIST,
])

function checkOf(metadatas: readonly Metadata[], targetName: string): Check {
  const conditions = metadatas
    .filter(({ type }) => type === ValidationTypes.CONDITIONAL_VALIDATION)
    .map(({ constraints }) => (constraints as [(object: object, value: unknown) => boolean])[0])
  const constraints = metadatas
    .filter(({ type }) => type === ValidationTypes.CUSTOM_VALIDATION)
    .flatMap((metadata) => constraintsOf(metadata, targetName))
  return (value, object) => {
    for (const isMeant of conditions) if (!isMeant(object, value)) return true
    for (const isMet of constraints) if (!isMet(value, object)) return false
    return true
  }
}

function constraintsOf(metadata: Metadata, targetName: string): Check[] {
  const { propertyName: property, constraints, each, validateIf } = metadata
  return getMetadataStorage()
    .getTargetValidatorConstraints(metadata.constraintCls)
    .map(({ instance }): Check => {
      // One for all calls: nobody keeps what is handed to a constraint.
      const about: ValidationArguments = { targetName, property, object: {}, value: undefined, constraints }
      return (value, object) => {
        if (validateIf && !validateIf(object, value)) return true
        about.object = object
        about.value = value
        if (!each) return instance.validate(value, about) === true
        return Array.isArray(value) && value.every((one) => instance.validate(one, about) === true)
      }
    })
}
