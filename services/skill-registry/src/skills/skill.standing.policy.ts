import type { RefusalCode } from '@guildhall/contracts'
import type { SkillStanding } from './skill-standing.entity.js'

export type Standing = Pick<SkillStanding, 'name' | 'newestVersion' | 'pinnedVersion' | 'retiredAt'>

/** What an operator may want of a skill that stands so. */
export type SkillChange = 'pin' | 'unpin' | 'roll-back' | 'retire'

/** The version that is handed out; of a retired skill the newest, for whoever looks at it. */
export function shownVersion({ newestVersion, pinnedVersion }: Standing): number {
  return pinnedVersion ?? newestVersion
}

/** Why a change is refused, undefined when it is not. */
export function problemOfChange(
  standing: Standing,
  change: SkillChange,
): { code: RefusalCode; message: string } | undefined {
  const { name, pinnedVersion, retiredAt } = standing
  if (retiredAt !== null) {
    const message =
      change === 'retire'
        ? `${name} is retired already`
        : `${name} is retired: import it again to have it back (\`guildhall skills export ${name}\` writes its folder)`
    return { code: 'skill-retired', message }
  }
  if (change === 'roll-back' && pinnedVersion !== null) {
    // The new version would not be the one that is handed out: whoever rolls back wants that.
    const message = `${name} is pinned to v${pinnedVersion}: unpin it first, or pin the version you want`
    return { code: 'skill-pinned', message }
  }
  return undefined
}
