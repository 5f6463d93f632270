import { Budget } from './budget.js'
import { ConversationAsking, windowOf } from './conversation.asking.js'
import { endingByError, endingOf, type ConversationEnding } from './conversation.ending.js'
import type { ConversationEvent } from './conversation.events.js'
import { cacheKeyOf, requestFor } from './conversation.messages.js'
import {
  totalUsage,
  type ConversationTurn,
  type RequestedToolCall,
  type TokenUsage,
} from './conversation.turn.js'
import { nothingLeftOut } from './context.window.js'
import { demandAnswer, type AnswerDemand } from './demanded.answer.js'
import { resolveEndpoint, type ModelEndpoint } from './model.endpoint.js'
import { placeOf } from './model.error.js'
import { PriceTable } from './price.table.js'
import { inOrder } from './side.by.side.js'
import type { CallPosition, ToolCall, ToolDefinition } from './tool.call.js'
import { resultOfCall } from './tool.calling.js'
import { mapToolNames } from './tool.names.js'
import { outputLimitFor } from './tool.output.js'
import { readTurn } from './turn.reading.js'

export interface ConversationOptions {
  /** In order of preference; when the one in use is given up, the next is asked, once a turn. At least one. */
  endpoints: readonly ModelEndpoint[]
  system: string
  user: string
  /** May be empty: then the model can only answer. */
  tools: readonly ToolDefinition[]
  /** What the last answer must be; absent: any text. */
  answer?: AnswerDemand
  /** Model turns, recorded ones included; default 20, at least 1. */
  maxTurns?: number
  /** Shared with whatever else it was given to. Default: unlimited. */
  budget?: Budget
  /** Default: the shipped table. */
  prices?: PriceTable
  /** Calls of one turn that run at the same time at most, where their tools say `sideBySide`; default 4. */
  parallelCalls?: number
  /** Aborts a request or the wait before a retry; `callTool` has to watch it itself. */
  signal?: AbortSignal
  /**
   * Turns of an earlier try with the same texts and tools: not asked again, and not taken from the budget. Calls of
   * theirs that have an entry in `toolResults` are not run again either; the others go to `callTool`, also those that
   * had begun before a crash.
   */
  recorded?: readonly ConversationTurn[]
  /** Awaited before a new turn's calls run, so that they can be traced to a turn that is durable. Not called for recorded turns. */
  onTurn(turn: ConversationTurn, index: number): Promise<void>
  /**
   * Runs one call; calls begin in the model's order, and those under way are waited for when one fails. The text is fenced as data and cut at `TOOL_OUTPUT_LIMIT_BYTES`,
   * earlier for a model of a small window. A `ToolRefusedError` is told to the model; any other error ends the
   * conversation.
   */
  callTool(call: ToolCall, position: CallPosition): Promise<string>
  /** Awaited after each reservation in the budget and before the request: makes it durable. */
  onReserve?: () => Promise<void>
  /** Keeps an output that the model sees only a part of; returns where, in a few words. */
  keepOutput?: (call: ToolCall, text: string) => Promise<string>
  /** Progress, in order. Must not throw. */
  onEvent?: (event: ConversationEvent) => void
}

export type Conversation = ConversationEnding & {
  /** All turns, recorded ones first, with the results of their calls. */
  turns: ConversationTurn[]
  /** Of all turns, recorded ones included; turns of which the endpoint reported no usage count nothing. */
  usage: TokenUsage
  /** US dollars of all turns; absent when the price of one is unknown. */
  costUsd?: number
}

/**
 * Lets a model work with tools until it answers. An unknown tool or malformed arguments are told to the model and cost a turn.
 *
 * @throws UnknownPriceError when the budget limits the cost and an endpoint's model has no price; TypeError or RangeError
 * for options that cannot work; whatever `onTurn`, `onReserve`, `callTool` or `keepOutput` throws. All else is an ending.
 */
export async function converse(options: ConversationOptions): Promise<Conversation> {
  const { tools, maxTurns = 20, parallelCalls = 4, signal, recorded = [] } = options
  checkWhole('maxTurns', maxTurns)
  checkWhole('parallelCalls', parallelCalls)
  const prices = options.prices ?? PriceTable.shipped()
  const endpoints = options.endpoints.map(resolveEndpoint)
  const onEvent = options.onEvent ?? (() => undefined)
  const names = mapToolNames(tools.map((tool) => tool.name))
  const demand = demandAnswer(options.answer)
  const start = { system: options.system + demand.instructions, user: options.user, tools }
  const turns: ConversationTurn[] = []
  const asking = new ConversationAsking(
    {
      endpoints,
      prices,
      budget: options.budget ?? new Budget({}),
      cacheKey: cacheKeyOf(start),
      signal,
      onReserve: options.onReserve,
      onEvent,
    },
    recorded.at(-1)?.leftOut,
  )
  const windows = endpoints.flatMap((endpoint) => windowOf(endpoint, prices.priceOf(endpoint.model)) ?? [])
  const toolNamed = (name: string): ToolDefinition | undefined => tools.find((tool) => tool.name === name)
  const calling = {
    names,
    isTool: (name: string) => toolNamed(name) !== undefined,
    outputLimitBytes: outputLimitFor(windows.length > 0 ? Math.min(...windows) : undefined),
    keepOutput: options.keepOutput,
    onCut: ({ id: callId }: ToolCall, bytes: number, keptAs: string | undefined) =>
      onEvent({ kind: 'output-cut', callId, bytes, ...(keptAs !== undefined && { keptAs }) }),
  }

  const nextTurn = async (turnIndex: number): Promise<ConversationTurn> => {
    const known = recorded[turnIndex]
    if (known) return known
    const asked = await asking.ask(turnIndex, turns.length, (leftOut) =>
      requestFor(start, turns, names, leftOut),
    )
    const { endpoint, completion, costUsd, cappedBy, leftOut } = asked
    const usedCallIds = new Set(turns.flatMap((turn) => turn.toolCalls.map((call) => call.id)))
    const read = readTurn(completion, { place: placeOf(endpoint), turnIndex, names, usedCallIds })
    const turn: ConversationTurn = {
      ...read,
      ...(costUsd !== undefined && { costUsd }),
      ...(cappedBy && { cappedBy }),
      ...(leftOut !== nothingLeftOut && { leftOut }),
    }
    const { model, usage } = turn
    onEvent({
      kind: 'turn-counted',
      turnIndex,
      model,
      ...(usage && { usage }),
      ...(costUsd !== undefined && { costUsd }),
    })
    await options.onTurn(turn, turnIndex)
    return turn
  }

  const withResults = async (turn: ConversationTurn, turnIndex: number): Promise<ConversationTurn> => {
    const maySideBySide = ({ name }: RequestedToolCall): boolean => toolNamed(name)?.sideBySide === true
    const toolResults = await inOrder(turn.toolCalls, parallelCalls, maySideBySide, async (call) => {
      const known = turn.toolResults.find((result) => result.callId === call.id)
      if (known) return known
      signal?.throwIfAborted()
      const position = { turnIndex, callIndex: turn.toolCalls.indexOf(call) }
      return resultOfCall(call, { ...calling, run: (ready) => options.callTool(ready, position) })
    })
    return { ...turn, toolResults }
  }

  const ended = (ending: ConversationEnding): Conversation => {
    const costs = turns.map((turn) => turn.costUsd)
    const isPriced = costs.every((cost) => cost !== undefined)
    const costUsd = isPriced ? costs.reduce((sum, cost) => sum + cost, 0) : undefined
    return { ...ending, turns, usage: totalUsage(turns), ...(costUsd !== undefined && { costUsd }) }
  }

  try {
    for (let turnIndex = 0; ; turnIndex++) {
      const isLastAllowed = turnIndex + 1 >= maxTurns
      const turn = await nextTurn(turnIndex)
      const ending = demand.judge(endingOf(turn, isLastAllowed), turns, isLastAllowed)
      if (ending === undefined) turns.push(await withResults(turn, turnIndex))
      else if ('reason' in ending) {
        turns.push(turn)
        return ended(ending)
      } else turns.push({ ...turn, problem: ending.problem })
    }
  } catch (error) {
    const ending = endingByError(error, signal)
    if (ending) return ended(ending)
    throw error
  }
}

function checkWhole(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${name} must be a whole number, at least 1`)
  }
}
