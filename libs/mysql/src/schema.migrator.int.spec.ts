import type { MigrationInterface, QueryRunner } from 'typeorm'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { startMariadb, type TestServer } from './mariadb.fixture.js'
import { applyMigrations, pendingMigrations } from './schema.migrator.js'

class First1795305600000 implements MigrationInterface {
  readonly name = 'First1795305600000'
  async up(runner: QueryRunner) {
    await runner.query('CREATE TABLE first (id INT PRIMARY KEY)')
  }
  async down() {}
}
class Second1795305600001 implements MigrationInterface {
  readonly name = 'Second1795305600001'
  async up(runner: QueryRunner) {
    await runner.query('CREATE TABLE second (id INT PRIMARY KEY)')
  }
  async down() {}
}
class Broken1795305600002 implements MigrationInterface {
  readonly name = 'Broken1795305600002'
  async up(runner: QueryRunner) {
    await runner.query('CREATE TABEL third (id INT)')
  }
  async down() {}
}
const both = [First1795305600000, Second1795305600001]
const names = ['First1795305600000', 'Second1795305600001']

describe('applyMigrations', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startMariadb()
  })
  afterAll(() => server.stop())
  beforeEach(() => server.query('CREATE DATABASE guildhall_audit'))
  afterEach(() => server.query('DROP DATABASE guildhall_audit'))

  const target = () => ({ host: server.host, port: server.port, user: 'root', database: 'guildhall_audit' })

  it('applies what is missing, in order, once, and prints nothing', async () => {
    const output = [vi.spyOn(console, 'log'), vi.spyOn(process.stdout, 'write')]
    expect(await pendingMigrations(target(), both)).toEqual(names)
    expect(await applyMigrations(target(), [First1795305600000])).toEqual(names.slice(0, 1))
    expect(await applyMigrations(target(), both)).toEqual(names.slice(1))
    expect(await applyMigrations(target(), both)).toEqual([])
    expect(await pendingMigrations(target(), both)).toEqual([])
    for (const spy of output) {
      expect(spy).not.toHaveBeenCalled()
      spy.mockRestore()
    }
  })

  it('applies each migration once when several run at the same time', async () => {
    const applied = await Promise.all([1, 2, 3, 4].map(() => applyMigrations(target(), both)))
    expect(applied.flat().toSorted()).toEqual(names)
  })

  it('keeps what went before a migration that fails, and fails again until it is mended', async () => {
    const withBroken = [...both, Broken1795305600002]
    await expect(applyMigrations(target(), withBroken)).rejects.toThrow(/TABEL/)
    expect(await pendingMigrations(target(), withBroken)).toEqual(['Broken1795305600002'])
    await expect(applyMigrations(target(), withBroken)).rejects.toThrow(/TABEL/)
  })

  it('leaves no connection behind', async () => {
    await applyMigrations(target(), both)
    await expect
      .poll(
        async () =>
          (await server.query("SELECT 1 FROM information_schema.processlist WHERE DB = 'guildhall_audit'"))
            .length,
      )
      .toBe(0)
  })
})
