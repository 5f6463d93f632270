import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common'
import type { Stamp } from '@guildhall/contracts'
import { Redriver, streamKeys } from '@guildhall/redis-streams'
import { ServiceIdentity, StreamsSettings } from '@guildhall/service-defaults'
import { ClientDirectory } from '../clients/client.directory.js'
import { codeVersion } from '../judging/routing.policy.js'
import type { DeadLetterRecord } from './dead-letter.entity.js'
import { redrivableOf } from './redrive.policy.js'

/** Puts dead letters back where they died. */
@Injectable()
export class DeadLetterRedriving implements OnApplicationShutdown {
  private readonly redriver: Redriver

  constructor(
    @Inject(ClientDirectory) private readonly directory: ClientDirectory,
    @Inject(ServiceIdentity) private readonly identity: ServiceIdentity,
    @Inject(StreamsSettings) { connection, shards }: StreamsSettings,
  ) {
    this.redriver = new Redriver({ connection, shards })
  }

  async onApplicationShutdown(): Promise<void> {
    await this.redriver.close()
  }

  /**
   * Puts one back, with its id and trace and an audit record. Not idempotent, but harmless: the inbox of the service
   * knows the message.
   * @param by client id of who wants it.
   * @returns why it was not, or undefined when it was.
   * @throws UnavailableError, AuditFullError
   */
  async redrive(letter: DeadLetterRecord, by: string): Promise<string | undefined> {
    const { shard, service } = letter
    if (!this.redriver.reaches(shard)) return `it died in the shard ${shard}, which is no more`
    const found = redrivableOf(letter, streamKeys(shard).to(service))
    if ('refusal' in found) return found.refusal
    const at = new Date().toISOString()
    const stamp: Stamp = { ...found.stamp, redriven: { by, at, count: letter.redrives + 1 } }
    const auditStamp: Stamp = {
      ...stamp,
      at,
      router: this.identity.instance,
      policy: `${codeVersion}.${this.directory.policy.version}`,
      heardOn: `dead-letter:${service}`,
      deliveredTo: [`to:${service}`],
    }
    await this.redriver.redrive(shard, service, { ...found, stamp, auditStamp })
    return undefined
  }
}
