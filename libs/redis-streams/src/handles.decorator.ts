import { messageOf, type PayloadClass } from '@guildhall/contracts'
import {
  applyDecorators,
  type ArgumentsHost,
  Catch,
  type RpcExceptionFilter,
  UseFilters,
} from '@nestjs/common'
import { MessagePattern } from '@nestjs/microservices'
import { type Observable, throwError } from 'rxjs'

// Nest's own filter would replace the error by "Internal server error", and its type decides what becomes of the message.
@Catch()
class RethrowFilter implements RpcExceptionFilter {
  catch(error: unknown, _host: ArgumentsHost): Observable<never> {
    return throwError(() => error)
  }
}

/** What a handler says of itself beside its message. */
export interface HandlerOptions {
  /** How long it may take before its signal tells it to end. Default: that of the server, 60,000. */
  handlerTimeoutMs?: number
}

/** What Nest keeps with the handler for the transport. */
export interface HandlerExtras extends HandlerOptions {
  batchSize?: number
}

/**
 * Makes a method the handler of the message that this payload class belongs to:
 * `@Handles(TaskSubmit) submit(@Payload() payload: TaskSubmit, @Ctx() message: ReceivedMessage)`.
 * What it returns is sent as the reply where the topology names one.
 *
 * Past its time its signal is aborted, and a second later the try has failed with a HandlerTimeoutError and is repeated
 * like any other. A handler that goes on all the same settles and answers nothing any more, and may run beside the next
 * try: pass the signal on to what takes long.
 * @throws Error when the class is in no row of the topology.
 */
export function Handles(payload: PayloadClass, options: HandlerOptions = {}): MethodDecorator {
  return handlerOf(payload, options)
}

/**
 * Makes a method the handler of many messages of a type at once:
 * `@HandlesBatch(TaskSubmit) submit(batch: readonly BatchMessage<TaskSubmit>[])`. Batches grow with the load up to `size`
 * (default 100) and the server's concurrency; a lone message waits for nobody. There is one call at
 * a time on each shard.
 *
 * It returns one Outcome for each message in its place, or nothing when all are handled. When it throws (or runs out of
 * time), each message is tried again in a call of its own. Payloads are checked one by one before; guards, pipes and
 * interceptors run once for a call and get the whole batch, with the array of its ReceivedMessages as the context.
 * Its span is part of no message's trace but links to each; what it says about one message belongs to that one's trace
 * with `{ ...causedBy(header), traceparent: header.traceparent }` as the origin.
 * @throws Error when the class is in no row of the topology.
 */
export function HandlesBatch(
  payload: PayloadClass,
  { size = 100, ...options }: HandlerOptions & { size?: number } = {},
): MethodDecorator {
  if (!Number.isInteger(size) || size < 1)
    throw new RangeError(`size must be a whole number from 1 on: ${size}`)
  return handlerOf(payload, { ...options, batchSize: size })
}

function handlerOf(payload: PayloadClass, extras: HandlerExtras): MethodDecorator {
  return applyDecorators(
    MessagePattern(messageOf(payload).type, { ...extras }),
    UseFilters(new RethrowFilter()),
  )
}
