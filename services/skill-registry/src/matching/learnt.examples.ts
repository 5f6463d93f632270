import { createHash } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { In, row } from '@guildhall/mysql'
import { lockRegistry, markChanged } from '../registry.revision.js'
import type { RegistryScope } from '../registry.scope.js'
import { LearntExample } from './learnt-example.entity.js'

/** Examples kept for a skill; the oldest go first. */
export const mostLearnt = 20
const longestExample = 500

/** Task texts that people confirmed for skills, within a tenant: the strongest help that a matcher gets. */
@Injectable()
export class LearntExamples {
  /**
   * Adds a task's text to the skills that it was given to; call it in a transaction. The matchers of every process
   * know it from the commit on. A text that is known already moves to the front.
   */
  async learn(
    scope: RegistryScope,
    skills: readonly string[],
    task: { id: string; goal: string },
  ): Promise<void> {
    const example = exampleOf(task.goal)
    if (example === '' || skills.length === 0) return
    await lockRegistry(scope)
    const { manager, tenant } = scope
    const digest = createHash('sha256').update(example).digest('hex')
    for (const skill of new Set(skills)) {
      const learnt = { tenant, skill, digest, example, taskId: task.id, learntAt: new Date() }
      await manager.delete(LearntExample, { tenant, skill, digest })
      await manager.insert(LearntExample, row<LearntExample>(learnt))
      await this.forgetOldest(scope, skill)
    }
    await markChanged(scope)
  }

  /** By skill a text that differs when what was learnt for it differs. */
  async states({ manager, tenant }: RegistryScope): Promise<Map<string, string>> {
    const rows: { skill: string; state: string }[] = await manager.query(
      `SELECT skill, CONCAT_WS(' ', COUNT(*), MAX(learnt_at), BIT_XOR(CRC32(digest))) AS state
        FROM learnt_examples WHERE tenant = ? GROUP BY skill`,
      [tenant],
    )
    return new Map(rows.map(({ skill, state }) => [skill, state]))
  }

  /** By skill, newest first. */
  async of({ manager, tenant }: RegistryScope, skills: readonly string[]): Promise<Map<string, string[]>> {
    if (skills.length === 0) return new Map()
    const rows = await manager.find(LearntExample, {
      where: { tenant, skill: In([...skills]) },
      order: { learntAt: 'DESC', digest: 'ASC' },
    })
    const bySkill = Map.groupBy(rows, ({ skill }) => skill)
    return new Map([...bySkill].map(([skill, learnt]) => [skill, learnt.map(({ example }) => example)]))
  }

  private async forgetOldest({ manager, tenant }: RegistryScope, skill: string): Promise<void> {
    const kept = await manager.find(LearntExample, {
      select: { digest: true },
      where: { tenant, skill },
      order: { learntAt: 'DESC', digest: 'ASC' },
    })
    const old = kept.slice(mostLearnt).map(({ digest }) => digest)
    if (old.length > 0) await manager.delete(LearntExample, { tenant, skill, digest: In(old) })
  }
}

/** One line, cut: what a task says at its beginning is what it asks for. */
export function exampleOf(goal: string): string {
  return goal
    .slice(0, 4 * longestExample)
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, longestExample)
    .toWellFormed()
}
