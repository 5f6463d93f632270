import { Catch, type ExceptionFilter } from '@nestjs/common'
import { type Observable, throwError } from 'rxjs'

/** Nest's default filter replaces a handler's error; the delivery policy needs the real one to decide by its type. */
@Catch()
export class ErrorPassingFilter implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error)
  }
}
