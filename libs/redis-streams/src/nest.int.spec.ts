import { RequestError, TaskGet, TerminalError } from '@guildhall/contracts'
import { type INestMicroservice, Module, type Type, ValidationPipe } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { afterEach, describe, expect, it } from 'vitest'
import { type Bus, say, useBus } from './bus.fixture.js'
import { SecondTaskQueries, TaskQueries, wanted } from './nest.fixture.js'
import { type RedisFixture, shard, until } from './redis.fixture.js'
import { RedisStreamsServer } from './redis-streams.server.js'

let redis: RedisFixture
let bus: Bus
let app: INestMicroservice | undefined
let strategy: RedisStreamsServer

useBus((...made) => ([bus, redis] = made))
afterEach(async () => {
  await app?.close()
  app = undefined
})

async function start(controllers: Type[], expected: string[]): Promise<void> {
  class TestModule {}
  Module({ controllers })(TestModule)
  strategy = new RedisStreamsServer({
    service: 'task-scheduler',
    instance: 'scheduler-1',
    connection: redis.as('task-scheduler'),
    shards: [shard],
    publisher: bus.publisher('task-scheduler'),
    expected,
    logger: bus.logger,
  })
  app = await NestFactory.createMicroservice(TestModule, { strategy, logger: false })
  app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }))
  await app.listen()
}

const types = ['task.get', 'task.list']
const taskId = '3f2b9c1e-6a4d-4f0b-9a44-0c9f8f1d2b11'

describe('a Nest microservice on the streams', () => {
  it('hands payload and message to its handler, and sends what it returns', async () => {
    const heard: unknown[] = []
    wanted.get = (payload, message) => {
      heard.push(payload, message.attempt, message.header.type)
      return { task: { id: payload.taskId } }
    }
    await start([TaskQueries], types)
    await bus.deliver('task-scheduler', say('task.get', { taskId }, 'router', 'anna'))
    await until(() => bus.isSettled('task-scheduler'))
    expect(heard[0]).toBeInstanceOf(TaskGet)
    expect(heard.slice(1)).toEqual([1, 'task.get'])
    expect(await redis.admin.xlen(bus.keys.from('task-scheduler'))).toBe(1)
  })

  it('lets the type of an error decide: not hidden by a filter, nor by a hook that drops it', async () => {
    wanted.get = () => {
      throw new TerminalError('gone', 'for ever')
    }
    wanted.list = () => Promise.reject(new RequestError('not-now', 'later'))
    await start([TaskQueries], types)
    strategy.setOnProcessingStartHook((_id, _context, done) => void done())
    const list = say('task.list', {}, 'router', 'anna')
    await bus.deliver('task-scheduler', say('task.get', { taskId }, 'router'), list)
    await until(() => bus.isSettled('task-scheduler'))
    expect((await bus.deadLetters('task-scheduler')).map(({ error }) => error.code)).toEqual(['gone'])
    const [reply] = await redis.admin.xrange(bus.keys.from('task-scheduler'), '-', '+')
    expect(reply?.[1][3]).toContain('"code":"not-now"')
  })

  it('dead-letters a payload that the validation refuses, without running the handler', async () => {
    let runs = 0
    wanted.get = () => void (runs += 1)
    await start([TaskQueries], types)
    await bus.deliver('task-scheduler', say('task.get', { taskId: 'no uuid' }, 'router', 'anna'))
    await until(() => bus.isSettled('task-scheduler'))
    expect(runs).toBe(0)
    expect(await bus.deadLetters('task-scheduler')).toMatchObject([
      { error: { code: 'invalid-payload', message: 'taskId must be a UUID', attempts: 1 } },
    ])
  })

  it('does not start when a handler is missing or doubled', async () => {
    await expect(start([SecondTaskQueries], types)).rejects.toThrow('add a handler (@Handles) for task.list')
    await expect(start([TaskQueries, SecondTaskQueries], types)).rejects.toThrow('task.get has two handlers')
  })
})
