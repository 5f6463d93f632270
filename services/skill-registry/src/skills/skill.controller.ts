import { Controller, Inject } from '@nestjs/common'
import { Ctx, Payload } from '@nestjs/microservices'
import {
  fittingList,
  type ReceivedMessage,
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
import { readSkillDocument } from './skill.document.js'
import { skillsNotFound } from './skill.errors.js'
import { SkillRepository } from './skill.repository.js'
import { skillSnapshot, skillView } from './skill.views.js'

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
      const { skill, created } = await this.skills.add({ manager: tx.manager, tenant }, document)
      tx.reply(message, SkillRegistered, { skill: skillView(skill), created })
      this.logger.info({ skill: skill.name, version: skill.version, created }, 'skill registered')
    })
  }

  @Handles(SkillList)
  async list(@Payload() _request: SkillList, @Ctx() message: ReceivedMessage): Promise<SkillListed> {
    const { tenant } = message.header
    const skills = await this.skills.allLatest({ manager: this.database.manager, tenant })
    const { kept, omitted } = fittingList(skills.map(skillView))
    return { skills: kept, omitted }
  }

  @Handles(SkillGet)
  async get(@Payload() { name }: SkillGet, @Ctx() message: ReceivedMessage): Promise<SkillFound> {
    const { tenant } = message.header
    const skill = await this.skills.latest({ manager: this.database.manager, tenant }, name)
    if (!skill) throw skillsNotFound([name])
    return { skill: { ...skillSnapshot(skill), createdAt: skill.createdAt.toISOString() } }
  }
}
