import { createHash } from 'node:crypto'
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import type { ClientIdentity } from '@guildhall/contracts'
import { Database, IsNull, Not } from '@guildhall/mysql'
import { Health, ServiceLogger, SettingError } from '@guildhall/service-defaults'
import { ClientRecord } from './client.entity.js'
import { type ClientEntry, readClientsFile } from './clients.file.js'
import { RouterConfig } from './router.config.js'

/** The clients in memory, by the hash of their token; read anew from the table every second. */
@Injectable()
export class ClientDirectory implements OnModuleInit, OnApplicationShutdown {
  private byToken = new Map<string, ClientIdentity>()
  private ids = new Set<string>()
  private timer: NodeJS.Timeout | undefined
  private readAt = 0

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RouterConfig) private readonly config: RouterConfig,
    @Inject(Health) health: Health,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {
    health.check('client directory', () => {
      if (Date.now() - this.readAt > 30 * config.directoryRefreshMs) {
        throw new Error('the clients could not be read from MySQL for a while')
      }
    })
  }

  async onModuleInit(): Promise<void> {
    if (this.config.clientsFile) await this.adopt(readClientsFile(this.config.clientsFile))
    await this.refresh()
    this.timer = setInterval(() => {
      this.refresh().catch((error: unknown) => {
        this.logger.warn({ err: error }, 'clients not refreshed; going on with those known')
      })
    }, this.config.directoryRefreshMs)
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer)
  }

  /** The client that an `authorization` field (`Bearer <token>`) proves, if any. */
  authenticate(authorization: string | undefined): ClientIdentity | undefined {
    const token = /^Bearer (\S{16,512})$/i.exec(authorization ?? '')?.[1]
    // Looking up the hash leaks no timing that says anything about a token.
    return token ? this.byToken.get(createHash('sha256').update(token).digest('hex')) : undefined
  }

  knows(id: string): boolean {
    return this.ids.has(id)
  }

  private async refresh(): Promise<void> {
    const records = await this.database.manager.findBy(ClientRecord, { revokedAt: IsNull() })
    this.byToken = new Map(
      records.map(({ id, tenant, roles: held, tokenSha256 }) => [tokenSha256, { id, tenant, roles: held }]),
    )
    this.ids = new Set(records.map((record) => record.id))
    this.readAt = Date.now()
  }

  private async adopt(entries: ClientEntry[]): Promise<void> {
    for (const entry of entries) {
      const { id, tokenSha256 } = entry
      const other = await this.database.manager.findOneBy(ClientRecord, { id: Not(id), tokenSha256 })
      // The statement below would change that other client instead of adding this one.
      if (other) throw new SettingError(`the client ${id} has the token of ${other.id}: make a new one`)
      await this.database.manager.query(
        `INSERT INTO clients (id, tenant, roles, token_sha256) VALUES (?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE tenant = VALUES(tenant), roles = VALUES(roles), token_sha256 = VALUES(token_sha256)`,
        [id, entry.tenant, JSON.stringify(entry.roles), tokenSha256],
      )
    }
  }
}
