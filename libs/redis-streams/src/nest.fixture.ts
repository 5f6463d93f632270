import { type ReceivedMessage, TaskGet, TaskList } from '@guildhall/contracts'
import { Controller } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import { Handles } from './handles.decorator.js'

// Not in the spec file: spec files are outside of tsconfig.json and compiled without its decorator settings.

/** What a test wants the handlers below to do. */
export const wanted: { get?: (payload: TaskGet, message: ReceivedMessage) => unknown; list?: () => unknown } =
  {}

@Controller()
export class TaskQueries {
  @Handles(TaskGet)
  get(@Payload() payload: TaskGet, @Ctx() message: ReceivedMessage) {
    return wanted.get?.(payload, message)
  }

  @Handles(TaskList)
  list() {
    return wanted.list?.()
  }
}

@Controller()
export class SecondTaskQueries {
  @Handles(TaskGet)
  get() {}
}
