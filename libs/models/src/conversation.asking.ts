import type { Budget } from './budget.js'
import { BudgetExhaustedError } from './budget.state.js'
import type { ChatRequest } from './chat.request.js'
import type { ConversationEvent } from './conversation.events.js'
import type { ConversationSummary } from './conversation.summary.js'
import type { ConversationTurn } from './conversation.turn.js'
import { ConversationWindow, type Shown, type WaitingTurn } from './conversation.window.js'
import { askPatiently, type AttemptEvent } from './model.attempts.js'
import type { ResolvedEndpoint } from './model.endpoint.js'
import { ModelError } from './model.error.js'
import { DEFAULT_OUTPUT_TOKENS } from './output.allowance.js'
import type { ModelPrice, PriceTable } from './price.table.js'
import { estimateTokens } from './token.estimate.js'
import { askWithin, type PaidAnswer } from './turn.asking.js'

/** A budget limits the cost, and nobody knows what this model costs. */
export class UnknownPriceError extends Error {
  override name = 'UnknownPriceError'

  constructor(
    readonly model: string,
    tableVersion: string,
  ) {
    super(
      `the budget limits the cost, and the price table (version ${tableVersion}) does not know what the model ` +
        `${JSON.stringify(model)} costs: add it to a price table of your own, or take the limit on cost away`,
    )
  }
}

export interface AskingOptions {
  endpoints: readonly ResolvedEndpoint[]
  prices: PriceTable
  budget: Budget
  cacheKey: string
  signal: AbortSignal | undefined
  /** What the conversation is about, for whoever summarises it. */
  user: string
  onReserve: (() => Promise<void>) | undefined
  onSummary: ((summary: ConversationSummary) => Promise<void>) | undefined
  onEvent: (event: ConversationEvent) => void
}

export interface AskedTurn extends PaidAnswer {
  endpoint: ResolvedEndpoint
  shown: Shown
}

/** Asks for one turn after the other: keeps to the endpoint that answered last, and to what is shown of the turns. */
export class ConversationAsking {
  private index = 0
  private readonly window: ConversationWindow

  /**
   * @param shown as it was when the last turn was recorded
   * @throws UnknownPriceError
   */
  constructor(
    private readonly options: AskingOptions,
    shown: Shown,
  ) {
    this.window = new ConversationWindow(options, shown)
    const { endpoints, prices, budget } = options
    if (!budget.limitsCost) return
    const unpriced = endpoints.find(({ model }) => !prices.priceOf(model))
    if (unpriced) throw new UnknownPriceError(unpriced.model, prices.version)
  }

  /**
   * @param turns those before it
   * @param requestWith the request when so much of them is shown
   * @throws BudgetExhaustedError; ModelError; the signal's reason when aborted; whatever `onReserve` or `onSummary` throws
   */
  async ask(
    turns: readonly ConversationTurn[],
    requestWith: (shown: Shown) => ChatRequest,
  ): Promise<AskedTurn> {
    const { endpoints, budget, signal, onEvent } = this.options
    const turnIndex = turns.length
    const clock = new AbortController()
    // A longer delay than this makes Node's timer fire at once.
    const restMs = Math.min(Math.max(0, budget.rest().wallMs), 2 ** 31 - 1)
    const timer = setTimeout(() => clock.abort(new BudgetExhaustedError('wallMs')), restMs)
    const stop = signal ? AbortSignal.any([signal, clock.signal]) : clock.signal
    const sizeOf = (shown: Shown): number => estimateTokens(JSON.stringify(requestWith(shown)))
    const ask = (endpoint: ResolvedEndpoint): Promise<AskedTurn> => {
      const price = this.options.prices.priceOf(endpoint.model)
      return this.askOne({ turnIndex, turns, sizeOf, endpoint, price, signal: stop }, requestWith)
    }
    try {
      const { answer, index } = await askPatiently(endpoints, ask, {
        first: this.index,
        signal: stop,
        onEvent: (event: AttemptEvent) => onEvent({ ...event, turnIndex }),
      })
      this.index = index
      return answer
    } finally {
      clearTimeout(timer)
    }
  }

  private async askOne(waiting: WaitingTurn, requestWith: (shown: Shown) => ChatRequest): Promise<AskedTurn> {
    const { turnIndex, endpoint, price, signal, sizeOf } = waiting
    const { window } = this
    const send = async (): Promise<AskedTurn> => {
      const shown = window.now
      const request = this.withCacheKey(requestWith(shown), endpoint)
      const { budget, onReserve, onEvent } = this.options
      const onText = (text: string): void => onEvent({ kind: 'text', turnIndex, text })
      return {
        ...(await askWithin({ endpoint, price, request, budget, signal, onReserve, onText })),
        endpoint,
        shown,
      }
    }
    await window.fit(inputLimit(endpoint, price), waiting)
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof ModelError) || error.code !== 'context-too-long') throw error
      // Whatever the window is, it is smaller than this.
      if (!(await window.fit(sizeOf(window.now) - 1, waiting))) throw error
      return send()
    }
  }

  private withCacheKey(request: ChatRequest, endpoint: ResolvedEndpoint): ChatRequest {
    return endpoint.promptCacheKey ? { ...request, prompt_cache_key: this.options.cacheKey } : request
  }
}

/** The model's window, where the settings or the price table know it. */
export function windowOf(endpoint: ResolvedEndpoint, price: ModelPrice | undefined): number | undefined {
  return endpoint.contextTokens ?? price?.contextTokens
}

function inputLimit(endpoint: ResolvedEndpoint, price: ModelPrice | undefined): number {
  const window = windowOf(endpoint, price)
  if (window === undefined) return Infinity
  const forOutput = Math.min(endpoint.maxOutputTokens ?? DEFAULT_OUTPUT_TOKENS, Math.floor(window / 2))
  return window - forOutput
}
