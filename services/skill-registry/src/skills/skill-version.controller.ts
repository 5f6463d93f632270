import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  fittingList,
  type PayloadClass,
  type ReceivedMessage,
  SkillListVersions,
  SkillPin,
  SkillPinned,
  SkillRetire,
  SkillRetired,
  SkillRollBack,
  SkillRolledBack,
  SkillUnpin,
  SkillUnpinned,
  SkillVersionsListed,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ServiceLogger } from '@guildhall/service-defaults'
import type { RegistryScope } from '../registry.scope.js'
import { SkillRepository, type StandingSkill } from './skill.repository.js'
import { skillVersionView, skillView } from './skill.views.js'

const mostListed = 500

/** Which version of a skill is handed out, and the versions to choose from. */
@Controller()
export class SkillVersionController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  @Handles(SkillListVersions)
  async list(
    @Payload() { name, before }: SkillListVersions,
    @Ctx() message: ReceivedMessage,
  ): Promise<SkillVersionsListed> {
    const scope = { manager: this.database.manager, tenant: message.header.tenant }
    const shown = await this.skills.shown(scope, name)
    const { versions, total } = await this.skills.history(scope, name, {
      limit: mostListed,
      ...(before !== undefined && { before }),
    })
    const { kept } = fittingList(versions.map(skillVersionView))
    return { skill: skillView(shown), versions: kept, omitted: total - kept.length }
  }

  @Handles(SkillPin)
  async pin(@Payload() { name, version }: SkillPin, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.change(message, SkillPinned, (scope) => this.skills.pin(scope, name, version))
  }

  @Handles(SkillUnpin)
  async unpin(@Payload() { name }: SkillUnpin, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.change(message, SkillUnpinned, (scope) => this.skills.pin(scope, name, null))
  }

  @Handles(SkillRollBack)
  async rollBack(
    @Payload() { name, version }: SkillRollBack,
    @Ctx() message: ReceivedMessage,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const scope = { manager: tx.manager, tenant: message.header.tenant }
      const { created, ...rolledBack } = await this.skills.rollBack(scope, name, version)
      tx.reply(message, SkillRolledBack, { skill: skillView(rolledBack), created })
      this.logger.info({ skill: name, to: version, version: rolledBack.skill.version }, 'skill rolled back')
    })
  }

  @Handles(SkillRetire)
  async retire(@Payload() { name }: SkillRetire, @Ctx() message: ReceivedMessage): Promise<void> {
    await this.change(message, SkillRetired, (scope) => this.skills.retire(scope, name))
  }

  private async change(
    message: ReceivedMessage,
    reply: PayloadClass<SkillPinned | SkillUnpinned | SkillRetired>,
    work: (scope: RegistryScope) => Promise<StandingSkill>,
  ): Promise<void> {
    await this.database.handleOnce(message, async (tx) => {
      const changed = await work({ manager: tx.manager, tenant: message.header.tenant })
      const skill = skillView(changed)
      tx.reply(message, reply, { skill })
      const { name, version, pinnedVersion, retiredAt } = skill
      this.logger.info({ skill: name, version, pinnedVersion, retiredAt }, 'skill changed')
    })
  }
}
