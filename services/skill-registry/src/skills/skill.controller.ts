import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  fittingList,
  type ReceivedMessage,
  SkillExport,
  SkillExported,
  SkillFound,
  SkillGet,
  SkillList,
  SkillListed,
  SkillRegister,
  SkillRegistered,
} from '@guildhall/contracts'
import { Database } from '@guildhall/mysql'
import { Handles } from '@guildhall/redis-streams'
import { ServiceLogger } from '@guildhall/service-defaults'
import type { RegistryScope } from '../registry.scope.js'
import { readSkillDocument } from './skill.document.js'
import { SkillRepository } from './skill.repository.js'
import { skillDetails, skillExport, skillView } from './skill.views.js'

const mostListed = 500

/** What clients ask about skills. */
@Controller()
export class SkillController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(SkillRepository) private readonly skills: SkillRepository,
    @Inject(ServiceLogger) private readonly logger: ServiceLogger,
  ) {}

  @Handles(SkillRegister)
  async register(@Payload() request: SkillRegister, @Ctx() message: ReceivedMessage): Promise<void> {
    const document = readSkillDocument(request)
    const { tenant } = message.header
    await this.database.handleOnce(message, async (tx) => {
      const added = await this.skills.add({ manager: tx.manager, tenant }, document)
      const { skill, created, revived } = added
      tx.reply(message, SkillRegistered, { skill: skillView(added), created, revived, notes: skill.notes })
      this.logger.info({ skill: skill.name, version: skill.version, created, revived }, 'skill registered')
    })
  }

  @Handles(SkillList)
  async list(@Payload() request: SkillList, @Ctx() message: ReceivedMessage): Promise<SkillListed> {
    const { all = false, after } = request
    const { skills, total } = await this.skills.list(this.reading(message), {
      retiredToo: all,
      limit: mostListed,
      ...(after !== undefined && { after }),
    })
    const { kept } = fittingList(skills.map(skillView))
    return { skills: kept, omitted: total - kept.length }
  }

  @Handles(SkillGet)
  async get(@Payload() { name, version }: SkillGet, @Ctx() message: ReceivedMessage): Promise<SkillFound> {
    return { skill: skillDetails(await this.skills.shown(this.reading(message), name, version)) }
  }

  @Handles(SkillExport)
  async export(
    @Payload() { name, version }: SkillExport,
    @Ctx() message: ReceivedMessage,
  ): Promise<SkillExported> {
    return skillExport(await this.skills.shown(this.reading(message), name, version))
  }

  private reading(message: ReceivedMessage): RegistryScope {
    return { manager: this.database.manager, tenant: message.header.tenant }
  }
}
