import type { ServiceDefinition } from './function.definition.js'
import { stateKey, stateOutcome } from './state.outcome.js'

export const stateGet: ServiceDefinition<{ key: string }> = {
  name: 'state.get',
  description:
    'Reads what this agent kept under a key, in this task or an earlier one. The output is JSON: found, value and version (0: ' +
    'not persisted).',
  parameters: {
    type: 'object',
    properties: { key: stateKey },
    required: ['key'],
    additionalProperties: false,
  },
  repeatable: true,
  tier: 'allow',
  work: ({ key }, { state }) =>
    stateOutcome(async () => {
      const found = await state.read(key)
      return found ? { found: true, ...found } : { found: false }
    }),
}
