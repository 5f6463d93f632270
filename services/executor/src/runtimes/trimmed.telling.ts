import type { ConversationEvent } from '@guildhall/models'

type Trimmed = Extract<ConversationEvent, { kind: 'context-trimmed' }>

/** Tells people what a model does not see any more of its own conversation. */
export function tellTrimmed({ leftOut: { outputs, turns }, summarisedTurns = 0 }: Trimmed): string {
  const begin = 'The conversation was too long: the model '
  const summary = `sees a summary in the place of the first ${turnsIn(summarisedTurns)}`
  if (summarisedTurns > 0 && outputs <= summarisedTurns) return `${begin}${summary}.`
  const left = [
    ...(turns > summarisedTurns ? [`the first ${turnsIn(turns)}`] : []),
    ...(outputs > turns ? [`the outputs of the first ${turnsIn(outputs)}`] : []),
  ].join(' and ')
  return `${begin}${summarisedTurns > 0 ? `${summary}, and ` : ''}no longer sees ${left}.`
}

function turnsIn(count: number): string {
  return count === 1 ? 'turn' : `${count} turns`
}
