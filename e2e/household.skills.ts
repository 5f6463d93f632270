/** A skill that the agent `butler` holds. */
export const teaMaking = {
  skill: 'tea-making',
  description: 'Makes a cup of tea.',
  examples: ['Make me a cup of tea', 'Brew some tea'],
  agent: 'butler',
  steps: [{ id: 'brew', call: 'bash', arguments: { command: 'echo "here you are"' } }],
}

/** A skill that no agent holds. */
export const lawnMowing = {
  skill: 'lawn-mowing',
  description: 'Mows the lawn of a garden.',
  examples: ['Mow the lawn in the garden'],
  steps: [{ id: 'mow', call: 'bash', arguments: { command: 'echo mown' } }],
}
