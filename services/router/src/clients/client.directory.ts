import { setTimeout as sleep } from 'node:timers/promises'
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common'
import { grantedRights, type Rights } from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Health, ServiceLogger } from '@guildhall/service-defaults'
import { builtInPolicy, Policy } from '../policy/policy.rules.js'
import { readNewestPolicy } from '../policy/policy.repository.js'
import { RouterConfig } from '../router.config.js'
import { AccessSnapshot, type AccessRow } from './access.snapshot.js'
import { adoptClients } from './client.adoption.js'
import { readClientsFile } from './clients.file.js'

const earlyEveryMs = 250
const earlyWithinMs = 100

/** Who may speak and by which rules, in memory; read anew from the tables every half second. */
@Injectable()
export class ClientDirectory implements OnModuleInit, OnApplicationShutdown {
  #access = new AccessSnapshot([])
  #policy = builtInPolicy
  #timer: NodeJS.Timeout | undefined
  #readAt = 0
  #reading: Promise<void> | undefined
  #early: Promise<void> | undefined
  #earlyAt = -Infinity

  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(RouterConfig) private readonly config: RouterConfig,
    @Inject(Health) health: Health,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {
    health.check('client directory', () => {
      if (Date.now() - this.#readAt > 30 * config.directoryRefreshMs) {
        throw new Error('the clients could not be read from MySQL for a while')
      }
    })
  }

  get access(): AccessSnapshot {
    return this.#access
  }

  get policy(): Policy {
    return this.#policy
  }

  async onModuleInit(): Promise<void> {
    if (this.config.clientsFile) await adoptClients(this.database, readClientsFile(this.config.clientsFile))
    await this.#read()
    this.#timer = setInterval(() => void this.#refresh(), this.config.directoryRefreshMs)
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer)
  }

  /**
   * Reads the tables at once, for somebody who is not known: a token may have been issued a moment ago. Strangers must
   * not hold others up, so it reads four times a second at most, for all who ask in the meantime too, and resolves
   * within 100 ms, whatever becomes of the reading.
   */
  async refreshEarly(): Promise<void> {
    if (!this.#early) {
      if (performance.now() < this.#earlyAt + earlyEveryMs) return
      this.#earlyAt = performance.now()
      this.#early = this.#refreshAnew().finally(() => {
        this.#early = undefined
      })
    }
    await Promise.race([this.#early, sleep(earlyWithinMs)])
  }

  // A reading that is under way may have begun too early.
  async #refreshAnew(): Promise<void> {
    await this.#reading
    await this.#refresh()
  }

  // A slow reading is waited for, so that no older one ever replaces a newer one.
  #refresh(): Promise<void> {
    this.#reading ??= this.#readOrWarn().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readOrWarn(): Promise<void> {
    try {
      await this.#read()
    } catch (error) {
      this.logger.warn({ err: error }, 'clients not refreshed; going on with those known')
    }
  }

  async #read(): Promise<void> {
    const rows: StoredRow[] = await this.database.manager.query(
      `SELECT c.id, c.tenant, c.roles, c.rights, c.reply_stream AS replyStream, t.sha256, t.expires_at AS expiresAt
       FROM clients c LEFT JOIN tokens t ON t.client_id = c.id AND t.revoked_at IS NULL
       WHERE c.revoked_at IS NULL`,
    )
    const policy = await readNewestPolicy(this.database.manager)
    const rightsOfOthers = grantedRights(policy.rules.rights ?? {})
    this.#access = new AccessSnapshot(
      rows.map((row) => ({
        ...row,
        roles: jsonOf<AccessRow['roles']>(row.roles),
        rights: jsonOf<Rights | null>(row.rights) ?? rightsOfOthers,
      })),
    )
    if (policy.version !== this.#policy.version) this.#policy = new Policy(policy)
    this.#readAt = Date.now()
  }
}

type StoredRow = Omit<AccessRow, 'roles' | 'rights'> & { roles: unknown; rights: unknown }

// MariaDB gives JSON columns as text, MySQL as values.
function jsonOf<T>(value: unknown): T {
  return (typeof value === 'string' ? JSON.parse(value) : value) as T
}
