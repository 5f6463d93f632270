import {
  type CallPosition,
  type ConversationEvent,
  converse,
  PriceTable,
  type RecordedTurn,
  type ToolCall,
  type ToolDefinition,
  ToolRefusedError,
  UnknownPriceError,
} from '@guildhall/models'
import type { ServiceLogger } from '@guildhall/service-defaults'
import { type FunctionCaller, FunctionNotGrantedError } from '../functions/function.caller.js'
import { InvalidArgumentsError } from '../functions/function.definition.js'
import type { FunctionOutcome } from '../functions/function.outcome.js'
import { RunFailure } from '../runs/run.failure.js'
import type { AgentRuntime, RuntimeContext } from './agent.runtime.js'
import { answerOf, longConversationsOf } from './agent.configuration.js'
import { systemPrompt, userPrompt } from './agent.prompts.js'
import { resultOf } from './conversation.result.js'
import { chooseEndpoints } from './model.choice.js'
import type { ModelSettings } from './model.settings.js'
import { failureOf } from './script.runtime.js'
import { tellTrimmed } from './trimmed.telling.js'
import { TurnProgress } from './turn.progress.js'

const maxTurns = 20

/** Lets a model choose the function calls. What it said is recorded before its calls run, and never asked for twice. */
export class LlmRuntime implements AgentRuntime {
  private readonly prices: PriceTable

  constructor(
    private readonly functions: FunctionCaller,
    private readonly settings: ModelSettings,
    private readonly logger: Pick<ServiceLogger, 'info' | 'warn'>,
  ) {
    const { pricesFile } = settings
    this.prices = pricesFile === undefined ? PriceTable.shipped() : PriceTable.fromFile(pricesFile)
  }

  async run(context: RuntimeContext): Promise<string> {
    const { request, ledger, control } = context
    const { config } = request.agent
    const endpoints = chooseEndpoints(this.settings.endpoints, config.model)
    if (endpoints.length === 0) {
      throw new RunFailure(
        'no-model-endpoint',
        'this agent needs a model, and the executor has none: set OPENAI_API_KEY, or OPENAI_BASE_URL for another ' +
          'compatible endpoint, and start Guildhall again',
      )
    }
    const { own: budget } = context.budget
    const say = (name: string, text: string): Promise<void> =>
      ledger.sayOfTurn(name, text).catch((error: unknown) => {
        this.logger.warn({ err: error, runId: request.runId }, 'progress of a model could not be said')
      })
    const progress = new TurnProgress((text) => say('model', text))
    const answer = answerOf(config)
    const isSummarised = longConversationsOf(config, this.settings.longConversations) === 'summarise'
    const record = async (turn: RecordedTurn): Promise<void> => {
      await progress.end()
      ledger.recordTurn(turn, budget.toJSON())
    }
    const conversation = await converse({
      endpoints,
      prices: this.prices,
      budget,
      system: systemPrompt(request),
      user: userPrompt(request, context.taskMounts),
      tools: toolsOf(context),
      ...(answer && { answer }),
      maxTurns,
      signal: control.waitingSignal,
      recorded: ledger.recordedTurns(),
      onReserve: () => ledger.beginTurn(budget.toJSON()),
      onTurn: record,
      ...(isSummarised && { onSummary: record }),
      onEvent: (event) => this.follow(event, request.runId, progress, say),
      callTool: (call, position) => this.callTool(call, position, context),
      keepOutput: async ({ id }, text) => `artifact ${await context.keepText(`${id}.txt`, text)}`,
    }).catch((error: unknown) => {
      if (error instanceof UnknownPriceError) throw new RunFailure('price-unknown', error.message)
      throw error
    })
    await progress.end()
    return resultOf(conversation, maxTurns)
  }

  /** What people and the audit must know is said; what operators must know is logged. */
  private follow(
    event: ConversationEvent,
    runId: string,
    progress: TurnProgress,
    say: (name: string, text: string) => Promise<void>,
  ): void {
    switch (event.kind) {
      case 'text':
        return progress.add(event.text)
      case 'retried':
        progress.begin()
        return this.logger.info({ runId, ...event }, 'a model is asked again')
      case 'hopped':
        progress.begin()
        this.logger.warn({ runId, ...event }, 'another model endpoint is asked')
        return void say('failover', `${event.message}. ${event.to} is asked instead.`)
      case 'context-trimmed': {
        this.logger.info({ runId, ...event }, 'a conversation is made to fit')
        return void say('context', tellTrimmed(event))
      }
      case 'summary-failed':
        this.logger.warn({ runId, ...event }, 'a conversation could not be summarised')
        return void say('context', `The first turns could not be summarised: ${event.message}.`)
      case 'output-cut':
        return this.logger.info({ runId, ...event }, 'an output is shown to the model in part')
      case 'turn-counted':
        return
    }
  }

  private async callTool(call: ToolCall, position: CallPosition, context: RuntimeContext): Promise<string> {
    const { skills } = context.request.agent
    const [only] = skills
    const env: Record<string, string> = only && skills.length === 1 ? { SKILL: `/skills/${only.name}` } : {}
    const outcome = await this.functions
      .call({ step: call.name, function: call.name, arguments: call.arguments, env, position }, context)
      .catch((error: unknown) => {
        if (error instanceof FunctionNotGrantedError || error instanceof InvalidArgumentsError) {
          throw new ToolRefusedError(error.message)
        }
        throw error
      })
    // Nothing that the model could do would bring the sandbox back.
    if (outcome.ending === 'sandbox-failed' && !outcome.refused) throw failureOf(outcome, call.name)
    return describe(outcome)
  }
}

function toolsOf({ granted, functions }: RuntimeContext): ToolDefinition[] {
  return granted.flatMap((one) => {
    const definition = functions.find(one)
    if (!definition) return []
    const { name, description, parameters, repeatable } = definition
    return [{ name, description, parameters, sideBySide: repeatable && !('asks' in definition) }]
  })
}

function describe({ ending, exitCode, stdout, stderr, truncated, refused }: FunctionOutcome): string {
  if (refused) return `not started: ${stderr}`
  const how = ending === 'exited' ? `exit code ${exitCode}` : `ended by ${ending}`
  return [
    `${how}${truncated ? ', output was cut' : ''}`,
    ...(stdout === '' ? [] : [`stdout:\n${stdout}`]),
    ...(stderr === '' ? [] : [`stderr:\n${stderr}`]),
  ].join('\n')
}
