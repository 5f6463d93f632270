import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Envelope, OutageError, type ReceivedMessage, type ServiceName } from '@guildhall/contracts'
import type { DataSource, EntityManager } from 'typeorm'
import { createDataSource } from './connection.pool.js'
import { connectWithin } from './connection.retry.js'
import {
  type DatabaseLogger,
  type DatabaseOptions,
  silentLogger,
  sweeperDefaults,
} from './database.options.js'
import { translateFailures } from './failure.translation.js'
import { claimMessages } from './inbox.js'
import { outboxInsertion, outboxRow, serverTime, unmarkSent } from './outbox.js'
import { OutboxSweeper } from './outbox.sweeper.js'
import { schemaName, userName } from './schema.names.js'
import { Publications } from './publications.js'
import { SentMarks } from './sent.marks.js'
import { failureOf } from './server.errors.js'
import { withServerLock } from './server.lock.js'
import { isLockConflict, retryPauseMs } from './transaction.retry.js'
import { TransactionCalls } from './transaction.calls.js'
import { Transaction } from './transaction.js'

const rowsPerUnmark = 1_000
const republishWaitMs = 60_000

/**
 * A service's own schema: transactions that change rows and say messages as one, and handle each message once. While the
 * server is away everything fails with an OutageError; once it is back everything works again by itself.
 */
export class Database {
  /** For reads outside a transaction. Inside one use the transaction's own: a second connection may wait for the first. */
  readonly manager: EntityManager
  readonly #source: DataSource
  readonly #service: ServiceName
  readonly #publications: Publications
  readonly #logger: DatabaseLogger
  readonly #maxRetries: number
  readonly #marks: SentMarks
  readonly #sweeper: OutboxSweeper
  readonly #inTransaction = new AsyncLocalStorage<{ open: boolean }>()

  private constructor(source: DataSource, o: DatabaseOptions) {
    this.manager = source.manager
    this.#source = source
    this.#service = o.service
    this.#logger = o.logger ?? silentLogger
    this.#maxRetries = o.maxRetries ?? 5
    this.#marks = new SentMarks(source.manager, this.#logger)
    this.#publications = new Publications(o.publisher, this.#logger, (ids) => this.#marks.add(ids))
    this.#sweeper = new OutboxSweeper({
      source,
      publisher: o.publisher,
      settings: { ...sweeperDefaults, ...o.sweeper },
      logger: this.#logger,
      isInHand: (id) => this.#publications.isInHand(id) || this.#marks.has(id),
    })
  }

  /**
   * Connects as the service's own user to its own schema; the caller closes it. The sweeper is not started.
   * @throws DatabaseUnavailableError when server, schema or tables could not be used within `openTimeoutMs`.
   */
  static async open(o: DatabaseOptions): Promise<Database> {
    const { host, port, password } = o
    const connection = {
      host,
      port,
      password,
      user: userName(o.service),
      database: schemaName(o.service),
      poolSize: o.poolSize ?? 10,
    }
    return connectWithin(o.openTimeoutMs ?? 30_000, connection, async () => {
      const source = await createDataSource(connection, {
        entities: o.entities,
        multipleStatements: true,
      }).initialize()
      try {
        await source.query('SELECT 1 FROM inbox, outbox LIMIT 0')
      } catch (error) {
        await source.destroy()
        throw error
      }
      translateFailures(source)
      return new Database(source, o)
    })
  }

  /**
   * Runs `work` in one transaction (READ COMMITTED) and publishes right after the commit what it said. A failed
   * publication is no failure of the transaction: it is logged and the sweeper repeats it.
   *
   * `work` runs again, with a new Transaction, after a deadlock or lock timeout: keep effects outside of the database,
   * and variables that add up, out of it. Never catch an error of the database in `work` and go on: after a deadlock the
   * server has rolled back already, and what follows would commit by itself.
   * With `isBehind` it does not wait for the publication, only for the commit: for callers that have more to do than to
   * say. Messages about the same subject are published in the order of their transactions all the same, whether these wait
   * or not; `published` waits for what is under way. Of many at once the next ones wait.
   * @throws OutageError when the server is away. When it went away during the commit, nobody knows whether that took
   * place; `handleOnce` finds out at the next try, and what was said comes from the sweeper.
   * @throws Error when called inside another transaction of this Database: it would take a second connection and could
   * wait for itself.
   */
  async transact<T>(
    work: (tx: Transaction) => Promise<T>,
    { isBehind = false }: { isBehind?: boolean } = {},
  ): Promise<T> {
    if (this.#inTransaction.getStore()?.open) {
      throw new Error(
        'transact inside a transaction: pass the transaction on, or call it after the first one',
      )
    }
    for (let retry = 1; ; retry++) {
      try {
        const { result, envelopes } = await this.#attempt(work)
        await (isBehind ? this.#publications.publishBehind(envelopes) : this.#publications.publish(envelopes))
        return result
      } catch (error) {
        if (retry > this.#maxRetries || !isLockConflict(error)) throw error
        this.#logger.info({ retry, reason: failureOf(error).code }, 'transaction is run again')
        await sleep(retryPauseMs(retry))
      }
    }
  }

  /**
   * Runs `work` once for a message, however often and wherever it is delivered: the note that it was handled commits
   * with the work. The rules of `transact` apply. Two handlings at the same time: the second waits for the first.
   * @returns false when the message was handled before and nothing was done.
   * @throws TerminalError when the message's id is no UUID.
   */
  async handleOnce(message: ReceivedMessage, work: (tx: Transaction) => Promise<void>): Promise<boolean> {
    const [isFirst] = await this.handleAllOnce([message], work)
    return isFirst === true
  }

  /**
   * `handleOnce` for many messages (some 500 at most) in one transaction. `work` gets those that nobody has handled yet,
   * in the order given; of several with one id it gets the first. It is not called when none is left.
   *
   * All or nothing: whatever `work` throws, and a message whose id is no UUID, undoes the whole batch as if it had never
   * been tried. So the caller hands each message over alone then, with `handleOnce`, and only the faulty one fails.
   * @returns for each message in its place whether `work` got it.
   */
  async handleAllOnce(
    messages: readonly ReceivedMessage[],
    work: (tx: Transaction, fresh: readonly ReceivedMessage[]) => Promise<void>,
  ): Promise<boolean[]> {
    return this.transact(async (tx) => {
      const isFresh = await claimMessages(
        tx.manager,
        messages.map(({ header }) => header),
      )
      const fresh = messages.filter((_, index) => isFresh[index])
      if (fresh.length > 0) await work(tx, fresh)
      return isFresh
    })
  }

  /** The time by the server's clock, which tells when messages were sent; milliseconds since 1970. @throws OutageError */
  async nowMs(): Promise<number> {
    return (await serverTime(this.manager)).getTime()
  }

  /** @throws Error when called inside a transaction of this Database; `what` names the caller. */
  refuseInTransaction(what: string): void {
    if (!this.#inTransaction.getStore()?.open) return
    throw new Error(`${what} inside a transaction: pass the transaction on, or call it after the first one`)
  }

  /**
   * Resolves when no publication about the subject is under way that a transaction did not wait for: it is on the stream, or
   * left to the sweeper. For who gives work on a subject out of the hand.
   */
  published(subject: string): Promise<void> {
    return this.#publications.idle(subject)
  }

  /** Begins to publish what stays unsent and to delete what is old. Idempotent. */
  startSweeper(): void {
    this.#sweeper.start()
  }

  /**
   * Says again, under the same ids and in the order they were made, the messages that were made or sent at or after that
   * time by the server's clock: for a Redis that has lost what it acknowledged. Reaches back no further than sent
   * messages are kept. It only hands them to the sweeper, a bounded number in each transaction; of several processes on
   * the schema one does so at a time, and finds what the others have handed over already no longer there. Each process
   * should call it all the same: nobody else knows what it sent last.
   * @returns how many messages it handed over.
   * @throws OutageError when the server is away or takes no marks; to be called again then.
   */
  async republishSince(epochMs: number): Promise<number> {
    // What is not marked would be left out, and be marked as sent later.
    if (!(await this.#marks.flush())) throw new OutageError('What was sent last could not be marked')
    // What the sweeper sends again from now on, for another process that asked, is sent later than this.
    const before = await serverTime(this.manager)
    let messages = 0
    const lock = `republish:${String(this.#source.options.database)}`
    const isDone = await withServerLock(this.#source, lock, republishWaitMs, async () => {
      for (let unmarked = rowsPerUnmark; unmarked === rowsPerUnmark; messages += unmarked) {
        unmarked = await this.transact((tx) =>
          unmarkSent(tx.manager, new Date(epochMs), before, rowsPerUnmark),
        )
      }
    })
    if (!isDone) throw new OutageError('Another process has been handing over messages for a long time')
    return messages
  }

  /** Ends the sweep, waits for publications under way, writes the marks that wait and closes all connections. End the transactions first. */
  async close(): Promise<void> {
    await this.#sweeper.stop()
    await this.#publications.idle()
    await this.#marks.close()
    await this.#source.destroy()
  }

  async #attempt<T>(work: (tx: Transaction) => Promise<T>) {
    const scope = { open: true }
    const runner = this.#source.createQueryRunner()
    try {
      const calls = new TransactionCalls(runner)
      return await this.#inTransaction.run(scope, () =>
        runner.manager.transaction(async (manager) => {
          const tx = new Transaction(manager, this.#service, calls)
          let envelopes: readonly Envelope[]
          let result: T
          try {
            result = await work(tx)
          } finally {
            envelopes = tx.end()
          }
          calls.insertLast(outboxInsertion, envelopes.map(outboxRow))
          return { result, envelopes }
        }),
      )
    } finally {
      scope.open = false
      await runner.release()
    }
  }
}
