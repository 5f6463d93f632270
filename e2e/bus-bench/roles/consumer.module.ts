import { Controller, Module } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import { type ReceivedMessage, StateFound, StateGet, TaskRun, topology } from '@guildhall/contracts'
import { Handles } from '@guildhall/redis-streams'
import { HandledTally } from '../handled.tally.js'

export const tally = new HandledTally()

/** Handles what is measured. */
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
}

/** Handles whatever else the topology lets the executor hear: without that the service does not start. */
@Controller()
export class SilentController {}

const measured: readonly (new () => object)[] = [TaskRun, StateGet]
for (const { type, payload } of topology.heardBy('executor')) {
  if (measured.includes(payload)) continue
  const handler = { value: () => {}, writable: true, configurable: true }
  Object.defineProperty(SilentController.prototype, type, handler)
  Handles(payload)(SilentController.prototype, type, handler)
}

@Module({ controllers: [ConsumerController, SilentController] })
export class ConsumerModule {}
