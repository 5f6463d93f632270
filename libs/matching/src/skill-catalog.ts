import { queryTermsOf } from './lexical/text-tokens.js'
import type { Embedder, SkillProfile } from './matcher.js'
import { ProfileIndex } from './profile-index.js'
import { sentencesOfSkill } from './profile-texts.js'
import type { SkillNames } from './requirements.js'

/** The registered skills; they may come and go at any time. */
export class SkillCatalog implements SkillNames {
  readonly index: ProfileIndex
  private readonly profiles = new Map<string, SkillProfile>()

  constructor(skills: readonly SkillProfile[], embedder: Embedder | undefined) {
    this.index = new ProfileIndex(embedder)
    for (const skill of skills) this.put(skill)
  }

  has(id: string): boolean {
    return this.profiles.has(id)
  }

  put(skill: SkillProfile): void {
    this.profiles.set(skill.id, skill)
    this.index.put(skill.id, skill, sentencesOfSkill(skill))
  }

  delete(id: string): void {
    this.profiles.delete(id)
    this.index.delete(id)
  }

  /** Slots of these skills; undefined when no ids are given. */
  slotsOf(ids: readonly string[] | undefined): ReadonlySet<number> | undefined {
    return ids && new Set(ids.flatMap((id) => this.index.slotOf(id) ?? []))
  }

  profileAt(slot: number): SkillProfile {
    const profile = this.profiles.get(this.index.idOf(slot) ?? '')
    if (profile === undefined) throw new RangeError(`There is no skill in slot ${slot}.`)
    return profile
  }

  nearestExample(slot: number, text: string): string | undefined {
    const terms = new Set(queryTermsOf(text).map(({ term }) => term))
    let nearest: string | undefined
    let most = 0
    for (const example of this.profileAt(slot).examples) {
      const own = queryTermsOf(example)
      const shared = own.filter(({ term }) => terms.has(term))
      const weight = (some: typeof own) => some.reduce((sum, { term }) => sum + this.index.terms.idf(term), 0)
      // Of two examples that share as much, the one that says less besides.
      const nearness = weight(shared) / Math.sqrt(1 + weight(own))
      if (nearness > most) [nearest, most] = [example, nearness]
    }
    return nearest
  }
}
