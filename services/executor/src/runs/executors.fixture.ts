import { TestDatabase } from '@guildhall/testing'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { buildForChildren, type ExecutorChild, startChild } from '../executor.child.fixture.js'
import type { ChildOrders } from '../executor.child.work.fixture.js'
import type { ExecutorConfig } from '../executor.config.js'
import { type ExecutorOrders, openExecutor, type Said } from '../executor.fixture.js'
import { configFor, makeFolders } from './run.fixture.js'

interface ExecutorsOptions {
  config?: Partial<ExecutorConfig>
  leaseMs?: number
  /** Whether tests have executors in processes of their own. */
  hasChildren?: boolean
}

type Orders = Partial<Omit<ExecutorOrders, 'config'>> & { config?: Partial<ExecutorConfig> }

/** Executors of one spec: on one schema and the same folders, each ended with the test that has it. */
export function useExecutors({ config: given, leaseMs, hasChildren = false }: ExecutorsOptions = {}) {
  const folders = makeFolders()
  const config = configFor(folders, given)
  const leftovers: (() => Promise<void>)[] = []
  let server: TestDatabase

  beforeAll(async () => {
    ;[server] = await Promise.all([TestDatabase.start('executor'), hasChildren && buildForChildren()])
  })
  afterEach(async () => {
    for (const end of leftovers.splice(0).reverse()) await end()
  })
  afterAll(async () => {
    await server?.stop()
    folders.remove()
  })

  const ordersFor = ({ config: over, ...orders }: Orders): ExecutorOrders => {
    const { host, port, password } = server
    return {
      instance: 'executor-a',
      database: { host, port, password },
      config: { ...config, ...over },
      ...(leaseMs !== undefined && { leaseMs }),
      ...orders,
    }
  }

  return {
    folders,
    config,
    /** Lets tasks write where tests look. */
    mounts: [{ source: folders.shared, mode: 'rw' as const }],

    /** What is to be done when the test is over, the latest first. */
    atEnd(end: () => Promise<void>): void {
      leftovers.push(end)
    },

    /** An executor of this process, which takes messages in and works once its loop is started. */
    async here(orders: Orders = {}) {
      const said: Said[] = []
      const executor = await openExecutor(ordersFor(orders), (message) => void said.push(message))
      let closing: Promise<void> | undefined
      const close = () => (closing ??= executor.close())
      leftovers.push(close)
      return { ...executor, said, close }
    },

    /** One in a process of its own, which is killed at the end at the latest. */
    child({ stopsAt, ...orders }: Orders & Pick<ChildOrders, 'stopsAt'> = {}): ExecutorChild {
      const started = startChild({ ...ordersFor(orders), ...(stopsAt && { stopsAt }) })
      leftovers.push(() => started.kill())
      return started
    },
  }
}

export type ExecutorHere = Awaited<ReturnType<ReturnType<typeof useExecutors>['here']>>
