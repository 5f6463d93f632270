import { Injectable } from '@nestjs/common'
import { newId, RequestError } from '@guildhall/contracts'
import { In, IsNull, LessThan, MoreThan, row } from '@guildhall/mysql'
import { lockRegistry, markChanged } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { skillNamePattern } from './front-matter.js'
import type { SkillDocument } from './skill.document.js'
import { Skill } from './skill.entity.js'
import { skillsNotFound, versionNotFound } from './skill.errors.js'
import { SkillStanding } from './skill-standing.entity.js'
import { problemOfChange, shownVersion, type SkillChange } from './skill.standing.policy.js'

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

const idsPerStatement = 500

export type SkillWithoutFiles = Pick<Skill, (typeof withoutFiles)[number]>

const inHistory = ['version', 'digest', 'description', 'restoredFrom', 'createdAt'] as const
/** A version as the history of its skill shows it. */
export type SkillInHistory = Pick<Skill, (typeof inHistory)[number]>

/** A skill's version with how the skill stands. */
export interface StandingSkill<S = Skill> {
  skill: S
  standing: SkillStanding
}

/**
 * A tenant's skills. Versions never change and are never deleted; which one is handed out to matches and agents stands
 * beside them.
 */
@Injectable()
export class SkillRepository {
  /**
   * Adds a version unless the newest one has the same bytes, and revives a retired skill; call it in a transaction. A pinned
   * skill stays pinned.
   */
  async add(
    scope: RegistryScope,
    { content, digest }: SkillDocument,
    restoredFrom: number | null = null,
  ): Promise<StandingSkill & { created: boolean; revived: boolean }> {
    await lockRegistry(scope)
    const { manager, tenant } = scope
    const { name } = content
    const before = await this.standing(scope, name)
    const newest = before && (await this.versionOf(scope, name, before.newestVersion))
    const isKnown = newest?.digest === digest
    const skill: Skill = isKnown
      ? newest
      : {
          ...content,
          id: newId(),
          tenant,
          version: (newest?.version ?? 0) + 1,
          digest,
          restoredFrom,
          createdAt: new Date(),
        }
    const standing: SkillStanding = {
      tenant,
      name,
      newestVersion: skill.version,
      pinnedVersion: before?.pinnedVersion ?? null,
      retiredAt: null,
    }
    const revived = before !== undefined && before.retiredAt !== null
    if (!isKnown) await manager.insert(Skill, row<Skill>(skill))
    if (!before) await manager.insert(SkillStanding, standing)
    else if (!isKnown || revived) await manager.update(SkillStanding, { tenant, name }, standing)
    if (!isKnown || revived) await markChanged(scope)
    return { skill, standing, created: !isKnown, revived }
  }

  /**
   * Hands out this version from now on, or the newest one when there is none; call it in a transaction.
   * @throws RequestError `skill-not-found`, `skill-retired`
   */
  async pin(scope: RegistryScope, name: string, version: number | null): Promise<StandingSkill> {
    const before = await this.standingFor(scope, name, version === null ? 'unpin' : 'pin')
    const standing = { ...before, pinnedVersion: version }
    const skill = await this.versionOf(scope, name, shownVersion(standing))
    await this.stand(scope, standing)
    return { skill, standing }
  }

  /**
   * Says again what an older version says, as the newest one; call it in a transaction.
   * @throws RequestError `skill-not-found`, `skill-retired`, `skill-pinned`
   */
  async rollBack(
    scope: RegistryScope,
    name: string,
    version: number,
  ): Promise<StandingSkill & { created: boolean }> {
    await this.standingFor(scope, name, 'roll-back')
    const older = await this.versionOf(scope, name, version)
    return this.add(scope, { content: older, digest: older.digest }, older.version)
  }

  /**
   * Hands the skill out to nobody any more; call it in a transaction. Versions that runs hold stay.
   * @throws RequestError `skill-not-found`, `skill-retired`
   */
  async retire(scope: RegistryScope, name: string): Promise<StandingSkill> {
    const before = await this.standingFor(scope, name, 'retire')
    const standing = { ...before, pinnedVersion: null, retiredAt: new Date() }
    const skill = await this.versionOf(scope, name, standing.newestVersion)
    await this.stand(scope, standing)
    return { skill, standing }
  }

  /** The version of a skill that is handed out (pinned, else newest); undefined when there is none or it is retired. */
  async latest(scope: RegistryScope, name: string): Promise<Skill | undefined> {
    const standing = await this.standing(scope, name)
    if (!standing || standing.retiredAt !== null) return undefined
    return this.versionOf(scope, name, shownVersion(standing))
  }

  /** The version of every skill that is handed out, by name; retired skills are left out. */
  async shownIds({ manager, tenant }: RegistryScope): Promise<Pick<Skill, 'id' | 'name'>[]> {
    return manager
      .createQueryBuilder(Skill, 'skill')
      .select(['skill.id', 'skill.name'])
      .innerJoin(
        SkillStanding,
        'standing',
        'standing.tenant = skill.tenant AND standing.name = skill.name AND ' +
          'skill.version = COALESCE(standing.pinnedVersion, standing.newestVersion)',
      )
      .where('standing.tenant = :tenant AND standing.retiredAt IS NULL', { tenant })
      .orderBy('skill.name')
      .getMany()
  }

  /** Every name that a skill has or had. */
  async names({ manager, tenant }: RegistryScope): Promise<Set<string>> {
    const standings = await manager.find(SkillStanding, { select: { name: true }, where: { tenant } })
    return new Set(standings.map(({ name }) => name))
  }

  /** The versions of these ids, in any order. */
  async withoutFiles(
    { manager, tenant }: RegistryScope,
    ids: readonly string[],
  ): Promise<SkillWithoutFiles[]> {
    const found: SkillWithoutFiles[] = []
    for (let start = 0; start < ids.length; start += idsPerStatement) {
      const some = ids.slice(start, start + idsPerStatement)
      const select = Object.fromEntries(withoutFiles.map((column) => [column, true]))
      found.push(...(await manager.find(Skill, { select, where: { tenant, id: In(some) } })))
    }
    return found
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

  /**
   * A version for whoever looks at it: by default the one that is handed out, of a retired skill the newest.
   * @throws RequestError `skill-not-found`
   */
  async shown(scope: RegistryScope, name: string, version?: number): Promise<StandingSkill> {
    const standing = await this.standing(scope, name)
    if (!standing) throw skillsNotFound([name])
    return { skill: await this.versionOf(scope, name, version ?? shownVersion(standing)), standing }
  }

  /** Skills by name, each in the version that is handed out, and how many there are with those beyond the limit. */
  async list(
    { manager, tenant }: RegistryScope,
    which: { retiredToo: boolean; after?: string; limit: number },
  ): Promise<{ skills: StandingSkill<SkillWithoutFiles>[]; total: number }> {
    const [standings, total] = await manager.findAndCount(SkillStanding, {
      where: {
        tenant,
        ...(which.after !== undefined && { name: MoreThan(which.after) }),
        ...(!which.retiredToo && { retiredAt: IsNull() }),
      },
      order: { name: 'ASC' },
      take: which.limit,
    })
    if (standings.length === 0) return { skills: [], total }
    const skills = await manager.find(Skill, {
      select: Object.fromEntries(withoutFiles.map((column) => [column, true])),
      where: standings.map((standing) => ({ tenant, name: standing.name, version: shownVersion(standing) })),
    })
    const byName = new Map(skills.map((skill) => [skill.name, skill]))
    const standing = standings.flatMap((one) => {
      const skill = byName.get(one.name)
      return skill ? [{ skill, standing: one }] : []
    })
    return { skills: standing, total }
  }

  /** The versions of a skill, newest first, and how many there are with those beyond the limit. */
  async history(
    { manager, tenant }: RegistryScope,
    name: string,
    which: { before?: number; limit: number },
  ): Promise<{ versions: SkillInHistory[]; total: number }> {
    const [versions, total] = await manager.findAndCount(Skill, {
      select: Object.fromEntries(inHistory.map((column) => [column, true])),
      where: { tenant, name, ...(which.before !== undefined && { version: LessThan(which.before) }) },
      order: { version: 'DESC' },
      take: which.limit,
    })
    return { versions, total }
  }

  private async standing(
    { manager, tenant }: RegistryScope,
    name: string,
  ): Promise<SkillStanding | undefined> {
    // Another name than a skill can have is not even comparable with the column's characters.
    if (!skillNamePattern.test(name)) return undefined
    return (await manager.findOneBy(SkillStanding, { tenant, name })) ?? undefined
  }

  private async standingFor(scope: RegistryScope, name: string, change: SkillChange): Promise<SkillStanding> {
    await lockRegistry(scope)
    const standing = await this.standing(scope, name)
    if (!standing) throw skillsNotFound([name])
    const problem = problemOfChange(standing, change)
    if (problem) throw new RequestError(problem.code, problem.message)
    return standing
  }

  private async stand(scope: RegistryScope, standing: SkillStanding): Promise<void> {
    const { tenant, name } = standing
    await scope.manager.update(SkillStanding, { tenant, name }, standing)
    await markChanged(scope)
  }

  private async versionOf({ manager, tenant }: RegistryScope, name: string, version: number): Promise<Skill> {
    const skill = await manager.findOneBy(Skill, { tenant, name, version })
    if (!skill) throw versionNotFound(name, version)
    return skill
  }
}
