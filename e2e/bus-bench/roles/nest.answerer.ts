import 'reflect-metadata'
import { Controller, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { MessagePattern, Payload, Transport } from '@nestjs/microservices'
import type { PlainMessage } from '../payloads.js'
import type { RoleSettings } from '../role.protocol.js'
import { serveRole } from '../role.serving.js'

@Controller()
class AnswerController {
  @MessagePattern('task.run')
  run(@Payload() message: PlainMessage): PlainMessage {
    return { ...message, type: 'task.done', src: 'executor' }
  }
}

@Module({ controllers: [AnswerController] })
class AnswerModule {}

/** Answers over Nest's own Redis transport. */
await serveRole<RoleSettings>(async ({ redis }) => {
  const app = await NestFactory.createMicroservice(AnswerModule, {
    transport: Transport.REDIS,
    options: redis,
    logger: false,
  })
  await app.listen()
  return {
    run: () => Promise.reject(new Error('it answers by itself')),
    close: () => app.close(),
  }
})
