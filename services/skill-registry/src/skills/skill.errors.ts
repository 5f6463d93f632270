import { RequestError } from '@guildhall/contracts'

/** A refusal of a skill: `SKILL.md: name must …`. */
export function invalidSkill(file: string, problem: string): RequestError {
  return new RequestError('invalid-skill', `${file}: ${problem}`)
}

export function skillsNotFound(names: readonly string[]): RequestError {
  return new RequestError(
    'skill-not-found',
    `there is no skill ${names.join(', ')}: \`guildhall skills list\` shows those there are`,
  )
}

export function versionNotFound(name: string, version: number): RequestError {
  return new RequestError(
    'skill-not-found',
    `there is no version ${version} of the skill ${name}: \`guildhall skills versions ${name}\` shows those there are`,
  )
}
