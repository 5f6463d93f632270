import type { Budget } from './budget.js'
import { BudgetExhaustedError } from './budget.state.js'
import type { ChatRequest } from './chat.request.js'
import { leaveOut, nothingLeftOut, type LeftOut } from './context.window.js'
import type { ConversationEvent } from './conversation.events.js'
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
  onReserve: (() => Promise<void>) | undefined
  onEvent: (event: ConversationEvent) => void
}

export interface AskedTurn extends PaidAnswer {
  endpoint: ResolvedEndpoint
  leftOut: LeftOut
}

/** Asks for one turn after the other: keeps to the endpoint that answered last, and to what had been left out. */
export class ConversationAsking {
  private index = 0

  /** @throws UnknownPriceError */
  constructor(
    private readonly options: AskingOptions,
    /** As it was when the last recorded turn was said. */
    private leftOut: LeftOut = nothingLeftOut,
  ) {
    const { endpoints, prices, budget } = options
    if (!budget.limitsCost) return
    const unpriced = endpoints.find(({ model }) => !prices.priceOf(model))
    if (unpriced) throw new UnknownPriceError(unpriced.model, prices.version)
  }

  /**
   * @param requestWith the request when so much is left out
   * @throws BudgetExhaustedError; ModelError; the signal's reason when aborted
   */
  async ask(
    turnIndex: number,
    turnCount: number,
    requestWith: (leftOut: LeftOut) => ChatRequest,
  ): Promise<AskedTurn> {
    const { endpoints, budget, signal, onEvent } = this.options
    const clock = new AbortController()
    // A longer delay than this makes Node's timer fire at once.
    const restMs = Math.min(Math.max(0, budget.rest().wallMs), 2 ** 31 - 1)
    const timer = setTimeout(() => clock.abort(new BudgetExhaustedError('wallMs')), restMs)
    const stop = signal ? AbortSignal.any([signal, clock.signal]) : clock.signal
    const ask = (endpoint: ResolvedEndpoint): Promise<AskedTurn> =>
      this.askOne(endpoint, turnIndex, turnCount, requestWith, stop)
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

  private async askOne(
    endpoint: ResolvedEndpoint,
    turnIndex: number,
    turnCount: number,
    requestWith: (leftOut: LeftOut) => ChatRequest,
    signal: AbortSignal,
  ): Promise<AskedTurn> {
    const size = (leftOut: LeftOut): number => estimateTokens(JSON.stringify(requestWith(leftOut)))
    const price = this.options.prices.priceOf(endpoint.model)
    const fit = (limitTokens: number): boolean => {
      const before = this.leftOut
      this.leftOut = leaveOut(size, turnCount, before, limitTokens)
      if (this.leftOut === before) return false
      const tokens = { beforeTokens: size(before), afterTokens: size(this.leftOut) }
      this.options.onEvent({ kind: 'context-trimmed', turnIndex, leftOut: this.leftOut, ...tokens })
      return true
    }
    const send = async (): Promise<AskedTurn> => {
      const { leftOut } = this
      const request = this.withCacheKey(requestWith(leftOut), endpoint)
      const { budget, onReserve, onEvent } = this.options
      const onText = (text: string): void => onEvent({ kind: 'text', turnIndex, text })
      return {
        ...(await askWithin({ endpoint, price, request, budget, signal, onReserve, onText })),
        endpoint,
        leftOut,
      }
    }
    fit(inputLimit(endpoint, price))
    try {
      return await send()
    } catch (error) {
      if (!(error instanceof ModelError) || error.code !== 'context-too-long') throw error
      // Whatever the window is, it is smaller than this.
      if (!fit(size(this.leftOut) - 1)) throw error
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
