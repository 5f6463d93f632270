import type { FunctionOutcome } from '../function.outcome.js'
import type { ToolChange } from '../mcp/tool.change.js'

/**
 * What a program wrote, without the secrets that it was given: each is replaced by its name, also as JSON or base64 writes it.
 * A program that changes its secret in another way before it says it is not seen through.
 */
export function hideSecrets<T extends Pick<FunctionOutcome, 'stdout' | 'stderr' | 'truncated' | 'changed'>>(
  outcome: T,
  secrets: ReadonlyMap<string, string>,
): T {
  const { truncated, changed } = outcome
  return {
    ...outcome,
    stdout: withoutSecrets(outcome.stdout, secrets, truncated),
    stderr: withoutSecrets(outcome.stderr, secrets, truncated),
    ...(changed && { changed: JSON.parse(withoutSecrets(JSON.stringify(changed), secrets)) as ToolChange }),
  }
}

/** @param isCut whether the text may end in the middle of a secret */
export function withoutSecrets(text: string, secrets: ReadonlyMap<string, string>, isCut = false): string {
  const spellings = [...secrets].flatMap(([name, value]) =>
    spellingsOf(value).map((spelling) => ({ spelling, mark: `[secret ${name}]` })),
  )
  // A secret may hold another one.
  spellings.sort((one, other) => other.spelling.length - one.spelling.length)
  let hidden = text
  for (const { spelling, mark } of spellings) hidden = hidden.replaceAll(spelling, mark)
  if (!isCut) return hidden
  for (const { spelling, mark } of spellings) {
    const cut = beginningAtEnd(hidden, spelling)
    if (cut > 0) return hidden.slice(0, -cut) + mark
  }
  return hidden
}

function spellingsOf(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '')
  return [...new Set([value, JSON.stringify(value).slice(1, -1), base64])]
}

/** How many characters at the end of the text are the beginning of the spelling; at least four, or none. */
function beginningAtEnd(text: string, spelling: string): number {
  for (let length = spelling.length - 1; length >= 4; length -= 1)
    if (text.endsWith(spelling.slice(0, length))) return length
  return 0
}
