import type { Budget } from './budget.js'
import { BudgetExhaustedError } from './budget.state.js'
import { leaveOut, nothingLeftOut, type LeftOut } from './context.window.js'
import type { ConversationEvent } from './conversation.events.js'
import {
  summarise,
  SummaryError,
  type ConversationSummary,
  type RecordedTurn,
} from './conversation.summary.js'
import type { ConversationTurn } from './conversation.turn.js'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { ModelError } from './model.error.js'
import type { ModelPrice } from './price.table.js'

/** What of the turns so far the model sees. */
export interface Shown {
  leftOut: LeftOut
  /** Stands for the first of the turns that are left out; absent: nothing stands for them. */
  summary?: ConversationSummary
}

/** What the model saw when the last of these was recorded. */
export function shownAfter(recorded: readonly RecordedTurn[]): Shown {
  const summary = recorded.findLast((one) => one.kind === 'summary')
  const last = recorded.at(-1)
  const leftOut = last?.kind === 'summary' ? wholly(last.turns) : (last?.leftOut ?? nothingLeftOut)
  return { leftOut, ...(summary && { summary }) }
}

export interface WindowOptions {
  /** What the conversation is about, for whoever summarises it. */
  user: string
  budget: Budget
  onReserve: (() => Promise<void>) | undefined
  /** Makes a summary durable before it is used; absent: nothing is summarised. */
  onSummary: ((summary: ConversationSummary) => Promise<void>) | undefined
  onEvent: (event: ConversationEvent) => void
}

/** The turn that has to fit. */
export interface WaitingTurn {
  turnIndex: number
  /** Those before it. */
  turns: readonly ConversationTurn[]
  /** Tokens of its request, when so much is shown. */
  sizeOf: (shown: Shown) => number
  endpoint: ResolvedEndpoint
  price: ModelPrice | undefined
  signal: AbortSignal
}

/** Keeps a conversation within what a model can read, and says each time what is not shown any more. */
export class ConversationWindow {
  constructor(
    private readonly options: WindowOptions,
    private shown: Shown,
  ) {}

  get now(): Shown {
    return this.shown
  }

  /**
   * Makes the turn fit where it does not: the turns that the rule takes from are summarised; where that cannot be, or is
   * not enough, the rule of `leaveOut` alone decides.
   *
   * @returns whether less is shown now
   * @throws whatever `onSummary` or `onReserve` throws; the signal's reason when aborted
   */
  async fit(limitTokens: number, waiting: WaitingTurn): Promise<boolean> {
    const before = this.shown
    const ruled = this.rule(before, limitTokens, waiting)
    if (ruled.leftOut === before.leftOut) return false
    const summarised = await this.summarised(ruled, limitTokens, waiting)
    this.shown = summarised ? this.rule(summarised, limitTokens, waiting) : ruled
    const { turnIndex, sizeOf } = waiting
    const { summary, leftOut } = this.shown
    const tokens = { beforeTokens: sizeOf(before), afterTokens: sizeOf(this.shown) }
    const said = summarised && summary ? { summarisedTurns: summary.turns } : {}
    this.options.onEvent({ kind: 'context-trimmed', turnIndex, leftOut, ...said, ...tokens })
    return true
  }

  private rule(shown: Shown, limitTokens: number, { turns, sizeOf }: WaitingTurn): Shown {
    const size = (leftOut: LeftOut): number => sizeOf({ ...shown, leftOut })
    return { ...shown, leftOut: leaveOut(size, turns.length, shown.leftOut, limitTokens) }
  }

  private async summarised(
    ruled: Shown,
    limitTokens: number,
    waiting: WaitingTurn,
  ): Promise<Shown | undefined> {
    const { onSummary, onEvent, user, budget, onReserve } = this.options
    const { turnIndex, endpoint, price, signal, sizeOf } = waiting
    if (!onSummary) return undefined
    const earlier = this.shown.summary
    const leftOut = wholly(Math.max(ruled.leftOut.outputs, ruled.leftOut.turns))
    const turns = waiting.turns.slice(0, leftOut.turns)
    let summary: ConversationSummary
    try {
      const nextTokens = sizeOf({ leftOut })
      const material = { user, turns, earlier }
      const bounds = { limitTokens, nextTokens, endpoint, price, budget, signal, onReserve }
      summary = await summarise({ material, ...bounds })
    } catch (error) {
      if (signal.aborted || !isFailedSummary(error)) throw error
      onEvent({ kind: 'summary-failed', turnIndex, message: error.message })
      return undefined
    }
    await onSummary(summary)
    return { leftOut, summary }
  }
}

function wholly(turns: number): LeftOut {
  return { outputs: turns, turns }
}

function isFailedSummary(error: unknown): error is Error {
  return error instanceof SummaryError || error instanceof ModelError || error instanceof BudgetExhaustedError
}
