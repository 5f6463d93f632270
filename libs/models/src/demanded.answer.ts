import type { ConversationEnding } from './conversation.ending.js'
import type { ConversationTurn } from './conversation.turn.js'
import { compileSchema } from './json.schema.js'
import { parseStructured } from './structured.reading.js'

/** What the last answer of a conversation must be. */
export interface AnswerDemand {
  /** JSON Schema of one object. */
  schema: object
  /** What the schema cannot say: what is wrong, in words that the model may read, or undefined. Must be pure. */
  validate?: (value: unknown) => string | undefined
}

export interface DemandedAnswer {
  /** Closes the system text; empty when nothing is demanded. */
  instructions: string
  /** The ending as it is, the reason why the model must answer again, or another ending. Pure: a replay judges alike. */
  judge(
    ending: ConversationEnding | undefined,
    earlier: readonly ConversationTurn[],
    isLastAllowed: boolean,
  ): ConversationEnding | { problem: string } | undefined
}

/** @throws TypeError when the schema cannot be used */
export function demandAnswer(demand: AnswerDemand | undefined): DemandedAnswer {
  if (!demand) return { instructions: '', judge: (ending) => ending }
  const checkSchema = compileSchema(demand.schema)
  const shown = JSON.stringify(demand.schema)
  return {
    instructions: `\n\nYour last answer must be one JSON object and nothing else. It must fit this JSON Schema:\n${shown}`,
    judge: (ending, earlier, isLastAllowed) => {
      if (ending?.reason !== 'completed') return ending
      const { text } = ending
      try {
        const value = parseStructured(text)
        const problem = checkSchema(value) ?? demand.validate?.(value)
        if (problem === undefined) return { ...ending, value }
        return again(text, problem, earlier, isLastAllowed)
      } catch (error) {
        if (error instanceof SyntaxError) return again(text, error.message, earlier, isLastAllowed)
        throw error
      }
    },
  }
}

function again(
  text: string,
  problem: string,
  earlier: readonly ConversationTurn[],
  isLastAllowed: boolean,
): ConversationEnding | { problem: string } {
  const isRepair = earlier.some((turn) => turn.problem !== undefined)
  return isRepair || isLastAllowed ? { reason: 'invalid_output', text, problem } : { problem }
}
