import { StateError } from '@guildhall/state'
import type { ServiceDefinition } from './function.definition.js'
import { stateKey, stateOutcome } from './state.outcome.js'

interface SetArguments {
  key: string
  value: unknown
  persist?: boolean
  ttlMs?: number
  ifVersion?: number
}

export const stateSet: ServiceDefinition<SetArguments> = {
  name: 'state.set',
  description:
    'Keeps a JSON value under a key for later tasks of this agent, whatever its version; null forgets the key. Nobody else sees ' +
    'it. The output is JSON: version (0: not persisted).',
  parameters: {
    type: 'object',
    properties: {
      key: stateKey,
      value: { description: 'Any JSON, at most 65536 bytes.' },
      persist: {
        type: 'boolean',
        description: 'Keep it on disk too. Default false: it may be lost, and is gone after a day.',
      },
      ttlMs: {
        type: 'integer',
        minimum: 1,
        maximum: 365 * 24 * 3_600_000,
        description: 'Gone after this time; at most 30 days unless persisted.',
      },
      ifVersion: {
        type: 'integer',
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Only if the key is at this version; 0: only if nothing is persisted there. Persists.',
      },
    },
    required: ['key', 'value'],
    additionalProperties: false,
  },
  repeatable: true,
  // Done twice, it would meet its own version.
  isRepeatable: ({ ifVersion }) => ifVersion === undefined,
  reachesOutside: true,
  tier: 'allow',
  work: ({ key, value, ...options }, { state }) =>
    stateOutcome(async () => {
      if (value !== null) return { version: await state.set(key, value, options) }
      if (options.ifVersion !== undefined)
        throw new StateError('invalid-value', 'null forgets a key whatever its version: leave ifVersion out')
      await state.forget(key)
      return { version: 0 }
    }),
}
