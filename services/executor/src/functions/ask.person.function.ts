import type { AskingDefinition, PersonQuestion } from './function.definition.js'

export const askPerson: AskingDefinition<PersonQuestion> = {
  name: 'ask.person',
  description:
    'Asks a person and waits for the answer, perhaps for days: the outcome is the option that the person chose. Only for ' +
    'what cannot be found out otherwise.',
  parameters: {
    type: 'object',
    properties: {
      question: { type: 'string', minLength: 1, maxLength: 900 },
      options: {
        type: 'array',
        items: { type: 'string', minLength: 1, maxLength: 200 },
        minItems: 1,
        maxItems: 10,
        uniqueItems: true,
        description: 'What may be answered.',
      },
    },
    required: ['question', 'options'],
    additionalProperties: false,
  },
  repeatable: true,
  tier: 'allow',
  asks: ({ question, options }) => ({ question, options }),
}
