import {
  allowsFunction,
  FunctionCalled,
  type FunctionCall,
  jsonBytes,
  noRights,
  type ReceivedMessage,
  RequestError,
  type Rights,
} from '@guildhall/contracts'
import { type Database, LessThan, row } from '@guildhall/mysql'
import { InvalidArgumentsError, type SandboxCommand } from '../function.definition.js'
import type { FunctionOutcome } from '../function.outcome.js'
import type { AnyFunction, FunctionRegistry } from '../function.registry.js'
import { effectiveTier, type TierSettings } from '../tier.policy.js'
import type { FunctionCatalog } from './function.catalog.js'
import { OperatorCall } from './operator.call.entity.js'
import type { OperatorPlace } from './operator.place.js'

/** Long after the last delivery of the message. */
const keptMs = 7 * 24 * 3_600_000
const shownBytes = 80 * 1024

/** Makes single calls that operators ask for. */
export class OperatorCalls {
  constructor(
    private readonly database: Database,
    private readonly catalog: FunctionCatalog,
    private readonly place: OperatorPlace,
    private readonly tiers: TierSettings,
  ) {}

  /**
   * Idempotent by the message: a call that is over is answered again, one that was cut off is made again only if doing it
   * twice is the same as doing it once.
   * @throws RequestError why the call is not made
   */
  async call(request: FunctionCall, message: ReceivedMessage): Promise<FunctionCalled> {
    const { header, stamp, signal } = message
    const rights = stamp.client?.rights ?? noRights
    const functions = await this.catalog.current(header.tenant)
    const definition = this.permitted(functions.find(request.name), request, rights)
    const command = commandOf(functions, request)
    const earlier = await this.begin(header.id, command.repeatable ?? definition.repeatable)
    if (earlier) return earlier
    const outcome = await this.place
      .run(command, { tenant: header.tenant, rights }, signal)
      .catch(async (error: unknown) => {
        if (error instanceof RequestError)
          await this.database.manager.delete(OperatorCall, { callId: header.id })
        throw error
      })
    const answer = answerOf(definition, outcome)
    await this.database.manager.update(OperatorCall, { callId: header.id }, { answer })
    return answer
  }

  private permitted(definition: AnyFunction | undefined, request: FunctionCall, rights: Rights): AnyFunction {
    const { name, consent } = request
    if (!definition) throw new RequestError('function-not-found', `there is no function ${name}`)
    const { capability } = definition
    const needed = capability === undefined ? [name] : [name, capability]
    const missing = needed.find((one) => !allowsFunction(rights, one))
    if (missing !== undefined)
      throw new RequestError('right-missing', `you do not hold the function ${missing}`)
    const tier = effectiveTier(definition, this.tiers, {})
    if (tier === 'deny')
      throw new RequestError('function-denied', `${name} is not to be called: its tier is deny`)
    if (tier === 'ask' && !consent) {
      throw new RequestError(
        'function-needs-consent',
        `${name} is called only by somebody who says that it may be`,
      )
    }
    return definition
  }

  private async begin(callId: string, isRepeatable: boolean): Promise<FunctionCalled | undefined> {
    return this.database.transact(async (tx) => {
      await tx.manager.delete(OperatorCall, { startedAt: LessThan(new Date(Date.now() - keptMs)) })
      const known = await tx.manager.findOneBy(OperatorCall, { callId })
      if (!known) {
        await tx.manager.insert(
          OperatorCall,
          row<OperatorCall>({ callId, startedAt: new Date(), answer: null }),
        )
        return undefined
      }
      if (known.answer || isRepeatable) return known.answer ?? undefined
      throw new RequestError(
        'unknown-outcome',
        'the executor stopped during this call, which may have had its effect',
      )
    })
  }
}

function commandOf(functions: FunctionRegistry, { name, arguments: args }: FunctionCall): SandboxCommand {
  try {
    const prepared = functions.prepare(name, args)
    if ('argv' in prepared) return prepared
  } catch (error) {
    if (error instanceof InvalidArgumentsError) throw new RequestError('invalid-arguments', error.message)
    throw error
  }
  throw new RequestError('function-needs-run', `${name} is nothing without a run that calls it`)
}

function answerOf({ name, registered }: AnyFunction, outcome: FunctionOutcome): FunctionCalled {
  const { ending, exitCode, truncated, tookMs } = outcome
  const [stdout, stderr] = [fitted(outcome.stdout), fitted(outcome.stderr)]
  return {
    name,
    ...(registered && { version: registered.version }),
    ending,
    ...(exitCode !== undefined && { exitCode }),
    stdout,
    stderr,
    truncated: truncated || stdout.length < outcome.stdout.length || stderr.length < outcome.stderr.length,
    tookMs,
  }
}

/** The beginning that a message has room for. */
function fitted(text: string): string {
  let end = text.length
  while (jsonBytes(text.slice(0, end)) > shownBytes) end = Math.floor(end * 0.8)
  return text.slice(0, end).toWellFormed()
}
