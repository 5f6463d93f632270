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

/**
 * Makes a method the handler of the message that this payload class belongs to:
 * `@Handles(TaskSubmit) submit(@Payload() payload: TaskSubmit, @Ctx() message: ReceivedMessage)`.
 * What it returns is sent as the reply where the topology names one.
 * @throws Error when the class is in no row of the topology.
 */
export function Handles(payload: PayloadClass): MethodDecorator {
  return applyDecorators(MessagePattern(messageOf(payload).type), UseFilters(new RethrowFilter()))
}
