import { ValidationPipe } from '@nestjs/common'
import { TerminalError } from '@guildhall/contracts'
import type { ValidationError } from 'class-validator'

/** Makes payload class instances of what arrives; what does not fit the class can never be handled: terminal. */
export function createPayloadPipe(): ValidationPipe {
  return new ValidationPipe({
    transform: true,
    whitelist: false,
    exceptionFactory: (errors) => new TerminalError('invalid-payload', describeProblems(errors)),
  })
}

/** `mounts.0.source must be an absolute path; goal must be a string`. */
export function describeProblems(errors: readonly ValidationError[], path = ''): string {
  return errors
    .flatMap((error) => {
      const at = path ? `${path}.${error.property}` : error.property
      const own = Object.values(error.constraints ?? {}).map((text) =>
        text.startsWith(error.property) ? `${path ? `${path}.` : ''}${text}` : `${at}: ${text}`,
      )
      return error.children?.length ? [...own, describeProblems(error.children, at)] : own
    })
    .join('; ')
}
