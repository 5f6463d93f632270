import { Controller, Module } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  type ReceivedMessage,
  RunCancel,
  StateDelete,
  StateDeleted,
  StateFound,
  StateGet,
  StateSet,
  StateStored,
  TaskRun,
} from '@guildhall/contracts'
import { Handles } from '@guildhall/redis-streams'
import { HandledTally } from '../handled.tally.js'

export const tally = new HandledTally()

/** Handles what the topology lets the executor hear. */
@Controller()
export class ConsumerController {
  @Handles(TaskRun)
  run(@Payload() run: TaskRun, @Ctx() message: ReceivedMessage): void {
    tally.note(message.header.id, run.inputs['sentAtMs'] as number)
  }

  @Handles(StateGet)
  find(@Payload() { key }: StateGet): StateFound {
    return { key, found: true, value: 0 }
  }

  @Handles(StateSet)
  store(@Payload() { key }: StateSet): StateStored {
    return { key }
  }

  @Handles(StateDelete)
  delete(@Payload() { key }: StateDelete): StateDeleted {
    return { key }
  }

  @Handles(RunCancel)
  cancel(@Payload() _cancel: RunCancel): void {}
}

@Module({ controllers: [ConsumerController] })
export class ConsumerModule {}
