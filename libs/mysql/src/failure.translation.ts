import { OutageError } from '@guildhall/contracts'
import type { DataSource, QueryRunner } from 'typeorm'
import { isOutage } from './outage.codes.js'
import { failureOf } from './server.errors.js'

/**
 * Makes every query of a data source, whoever runs it, fail with an OutageError when the server is away, and otherwise
 * with an error that holds no values of the statement. All of TypeORM goes through the query runners of its driver,
 * transactions and the wait for a connection included. A query of theirs is one statement, whatever the connection could take.
 */
export function translateFailures({ driver }: DataSource): void {
  const createQueryRunner = driver.createQueryRunner.bind(driver)
  driver.createQueryRunner = (mode) => {
    const runner = createQueryRunner(mode)
    const query = runner.query.bind(runner) as (...rest: unknown[]) => Promise<unknown>
    const translated = async (...rest: unknown[]) => {
      if (String(rest[0]).includes(';'))
        throw new Error('a query is one statement, and has its values beside it')
      try {
        return await query(...rest)
      } catch (error) {
        throw translate(error as QueryFailure & Error)
      }
    }
    runner.query = translated as QueryRunner['query']
    return runner
  }
}

// Where TypeORM and the driver leave what they were asked to do: logged with the error, it may be a secret.
interface QueryFailure {
  parameters?: unknown
  sql?: unknown
  driverError?: object & { sql?: unknown }
}

/** The error for others: without the statement and its values, and an OutageError when the server is away. */
export function translate<E extends QueryFailure>(error: E): E | OutageError {
  delete error.parameters
  delete error.sql
  delete error.driverError?.sql
  if (!isOutage(error)) return error
  return new OutageError(`MySQL is away: ${failureOf(error).text}`, { cause: error.driverError ?? error })
}
