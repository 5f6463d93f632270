import { Injectable } from '@nestjs/common'
import { newId } from '@guildhall/contracts'
import { In, row } from '@guildhall/mysql'
import { lockRegistry, markChanged } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { skillNamePattern } from './front-matter.js'
import type { SkillDocument } from './skill.document.js'
import { Skill } from './skill.entity.js'

const withoutFiles = [
  'id',
  'name',
  'version',
  'description',
  'requiredCapabilities',
  'promptTemplate',
  'configuration',
  'tags',
  'examples',
  'createdAt',
] as const satisfies readonly (keyof Skill)[]

export type SkillWithoutFiles = Pick<Skill, (typeof withoutFiles)[number]>

/** A tenant's skills. */
@Injectable()
export class SkillRepository {
  /** Adds a version unless the latest one says the same; call it in a transaction. */
  async add(
    scope: RegistryScope,
    { content, digest }: SkillDocument,
  ): Promise<{ skill: Skill; created: boolean }> {
    await lockRegistry(scope)
    const latest = await this.latest(scope, content.name)
    if (latest?.digest === digest) return { skill: latest, created: false }
    const skill: Skill = {
      ...content,
      id: newId(),
      tenant: scope.tenant,
      version: (latest?.version ?? 0) + 1,
      digest,
      createdAt: new Date(),
    }
    await scope.manager.insert(Skill, row<Skill>(skill))
    await markChanged(scope)
    return { skill, created: true }
  }

  async latest({ manager, tenant }: RegistryScope, name: string): Promise<Skill | undefined> {
    // Another name than a skill can have is not even comparable with the column's characters.
    if (!skillNamePattern.test(name)) return undefined
    const skill = await manager.findOne(Skill, { where: { tenant, name }, order: { version: 'DESC' } })
    return skill ?? undefined
  }

  /** The latest version of every skill, by name. */
  async allLatest({ manager, tenant }: RegistryScope): Promise<SkillWithoutFiles[]> {
    return manager
      .createQueryBuilder(Skill, 'skill')
      .select(withoutFiles.map((column) => `skill.${column}`))
      .where('skill.tenant = :tenant', { tenant })
      .andWhere(
        'skill.version = (SELECT MAX(other.version) FROM skills other WHERE other.tenant = skill.tenant AND other.name = skill.name)',
      )
      .orderBy('skill.name')
      .getMany()
  }

  /**
   * The versions of these ids with their files, in the order of the ids.
   * @throws Error when one does not exist: versions are never deleted.
   */
  async withIds({ manager, tenant }: RegistryScope, ids: readonly string[]): Promise<Skill[]> {
    const skills = await manager.findBy(Skill, { tenant, id: In([...ids]) })
    return ids.map((id) => {
      const skill = skills.find((candidate) => candidate.id === id)
      if (!skill) throw new Error(`skill version ${id} has gone`)
      return skill
    })
  }
}
