import { Budget } from './budget.js'
import { nothingLeftOut } from './context.window.js'
import { ConversationAsking, windowOf } from './conversation.asking.js'
import { endingByError, endingOf, type ConversationEnding } from './conversation.ending.js'
import { cacheKeyOf, requestFor } from './conversation.messages.js'
import type { Conversation, ConversationOptions } from './conversation.options.js'
import { totalUsage, type ConversationTurn, type RequestedToolCall } from './conversation.turn.js'
import { shownAfter } from './conversation.window.js'
import { demandAnswer } from './demanded.answer.js'
import { resolveEndpoint } from './model.endpoint.js'
import { placeOf } from './model.error.js'
import { PriceTable } from './price.table.js'
import { inOrder } from './side.by.side.js'
import type { ToolCall, ToolDefinition } from './tool.call.js'
import { resultOfCall } from './tool.calling.js'
import { mapToolNames } from './tool.names.js'
import { outputLimitFor } from './tool.output.js'
import { readTurn } from './turn.reading.js'

/**
 * Lets a model work with tools until it answers. An unknown tool or malformed arguments are told to the model and cost a turn.
 *
 * @throws UnknownPriceError when the budget limits the cost and an endpoint's model has no price; TypeError or RangeError
 * for options that cannot work; whatever `onTurn`, `onSummary`, `onReserve`, `callTool` or `keepOutput` throws. All else
 * is an ending.
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
  const recordedTurns = recorded.filter((one) => one.kind === undefined)
  const summaries = recorded.filter((one) => one.kind === 'summary')
  const { onSummary } = options
  const asking = new ConversationAsking(
    {
      endpoints,
      prices,
      budget: options.budget ?? new Budget({}),
      cacheKey: cacheKeyOf(start),
      signal,
      user: start.user,
      onReserve: options.onReserve,
      onSummary:
        onSummary &&
        (async (summary) => {
          await onSummary(summary)
          summaries.push(summary)
        }),
      onEvent,
    },
    shownAfter(recorded),
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
    const known = recordedTurns[turnIndex]
    if (known) return known
    const asked = await asking.ask(turns, (shown) => requestFor(start, turns, names, shown))
    const { endpoint, completion, costUsd, cappedBy } = asked
    const { leftOut } = asked.shown
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
    const counted = [...turns, ...summaries]
    const costs = counted.map((one) => one.costUsd)
    const isPriced = costs.every((cost) => cost !== undefined)
    const costUsd = isPriced ? costs.reduce((sum, cost) => sum + cost, 0) : undefined
    return {
      ...ending,
      turns,
      summaries,
      usage: totalUsage(counted),
      ...(costUsd !== undefined && { costUsd }),
    }
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
