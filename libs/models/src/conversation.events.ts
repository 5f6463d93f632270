import type { LeftOut } from './context.window.js'
import type { TokenUsage } from './conversation.turn.js'
import type { AttemptEvent } from './model.attempts.js'

/** What a conversation reports while it goes on. Nothing is reported for recorded turns. */
export type ConversationEvent =
  /** After one of these, the text that came for this turn so far is void: the turn begins anew. */
  | (AttemptEvent & { turnIndex: number })
  /** A piece of what the model says. */
  | { kind: 'text'; turnIndex: number; text: string }
  /**
   * The conversation was too long; from now on so much of it is not shown to the model. `summarisedTurns`: a new summary
   * stands for so many of the oldest turns. Tokens are estimates.
   */
  | {
      kind: 'context-trimmed'
      turnIndex: number
      leftOut: LeftOut
      summarisedTurns?: number
      beforeTokens: number
      afterTokens: number
    }
  /** The oldest turns could not be summarised; they are left out by rule instead. */
  | { kind: 'summary-failed'; turnIndex: number; message: string }
  /** A turn is whole. `usage` is absent when the endpoint gave none, `costUsd` when the model's price is unknown. */
  | { kind: 'turn-counted'; turnIndex: number; model: string; usage?: TokenUsage; costUsd?: number }
  /** The model sees only the beginning and the end of an output. `keptAs`: where the whole of it is. */
  | { kind: 'output-cut'; callId: string; bytes: number; keptAs?: string }
