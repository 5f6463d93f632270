import {
  type Conversation,
  converse,
  type ModelEndpoint,
  ModelError,
  type ToolCall,
  type ToolDefinition,
  ToolRefusedError,
} from '@guildhall/models'
import { type FunctionCaller, FunctionNotGrantedError } from '../functions/function.caller.js'
import { InvalidArgumentsError } from '../functions/function.definition.js'
import type { FunctionOutcome } from '../functions/function.outcome.js'
import { findFunction } from '../functions/function.registry.js'
import { RunFailure } from '../runs/run.failure.js'
import { type AgentRuntime, resultText, type RuntimeContext } from './agent.runtime.js'
import { systemPrompt, userPrompt } from './agent.prompts.js'
import { failureOf } from './script.runtime.js'

const maxTurns = 20

/** Lets a model choose the function calls. What it said is recorded before its calls run, and never asked for twice. */
export class LlmRuntime implements AgentRuntime {
  constructor(
    private readonly functions: FunctionCaller,
    /** Absent: no model is set up here. */
    private readonly endpoint: ModelEndpoint | undefined,
  ) {}

  async run(context: RuntimeContext): Promise<string> {
    if (!this.endpoint) {
      throw new RunFailure(
        'no-model-endpoint',
        'this agent needs a model, and the executor has none: set OPENAI_API_KEY, or OPENAI_BASE_URL for another ' +
          'compatible endpoint, and start Guildhall again',
      )
    }
    const { agent } = context.request
    const model = agent.config.model ?? this.endpoint.model
    try {
      const conversation = await converse({
        endpoint: { ...this.endpoint, model },
        system: systemPrompt(context.request),
        user: userPrompt(context.request, context.taskMounts),
        tools: toolsOf(context),
        maxTurns,
        signal: context.control.waitingSignal,
        recorded: context.ledger.recordedTurns(),
        onTurn: (turn) => context.ledger.recordTurn(turn),
        callTool: (call) => this.callTool(call, context),
      })
      return resultOf(conversation)
    } catch (error) {
      if (error instanceof ModelError)
        throw new RunFailure(`model-${error.code}`, error.message, error.retryable)
      throw error
    }
  }

  private async callTool(call: ToolCall, context: RuntimeContext): Promise<string> {
    const { skills } = context.request.agent
    const [only] = skills
    const env: Record<string, string> = only && skills.length === 1 ? { SKILL: `/skills/${only.name}` } : {}
    context.ledger.skipTurns()
    const outcome = await this.functions
      .call({ step: call.name, function: call.name, arguments: call.arguments, env }, context)
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

function toolsOf({ granted }: RuntimeContext): ToolDefinition[] {
  return granted.flatMap((name) => {
    const definition = findFunction(name)
    return definition
      ? [{ name, description: definition.description, parameters: definition.parameters }]
      : []
  })
}

function resultOf(conversation: Conversation): string {
  switch (conversation.reason) {
    case 'answered':
      return resultText(conversation.text)
    case 'refused':
      throw new RunFailure(
        'model-refused',
        `the model declined: ${resultText(conversation.text).slice(0, 1_000)}`,
      )
    case 'cut-off':
      throw new RunFailure(
        'model-cut-off',
        'the model’s answer was cut off at its endpoint’s limit on output',
      )
    case 'max-turns':
      throw new RunFailure('max-turns', `the model was not done after ${maxTurns} turns: split the task`)
    case 'context-too-long':
      throw new RunFailure(
        'context-too-long',
        'the conversation no longer fits into the model’s context: split the task, or use a model with a larger one',
      )
  }
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
