import { type EventHeader, topology } from '@guildhall/contracts'
import { describeProblems, fitsExactly } from '@guildhall/service-defaults'
import { plainToInstance } from 'class-transformer'
import { isUUID, validateSync } from 'class-validator'
import { harmIn } from './payload.harm.js'

/** The JSON object in a text, or undefined when it is none. */
export function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '')
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

// As much of the words as the audit keeps: thousands of unknown properties are named only in part.
const maxProblemChars = 1000

/** What is wrong with a client's payload by its class, in words; unknown properties count as wrong. */
export function problemOfPayload(type: string, payload: Record<string, unknown>): string | undefined {
  const row = topology.find(type)
  if (!row) return undefined
  const harm = harmIn(payload)
  if (harm) return harm
  if (fitsExactly(row.payload, payload)) return undefined
  const errors = validateSync(plainToInstance(row.payload, payload), {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: false,
  })
  return errors.length ? describeProblems(errors).slice(0, maxProblemChars) : undefined
}

/** What is wrong with the header that a service wrote, in words. */
export function problemOfHeader(
  header: Partial<EventHeader> | undefined,
  service: string,
): string | undefined {
  if (!header) return 'the field event is no JSON object'
  if (!isUUID(header.id)) return 'id is no UUID'
  if (typeof header.type !== 'string' || header.type === '') return 'type is missing'
  if (typeof header.tenant !== 'string' || header.tenant === '') return 'tenant is missing'
  if (header.source !== `/services/${service}`)
    return `source must be /services/${service}: nobody speaks as another`
  const { expirytime } = header
  if (expirytime !== undefined && Number.isNaN(Date.parse(expirytime))) return 'expirytime is no time'
  return undefined
}
