import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A kind of key: `gh:{<shard>}:from:<service>` and what it is for. */
export interface KeyKind {
  pattern: string
  about: string
}

/**
 * The key grammar, which stands once, at the head of the file that builds the keys.
 * @throws Error when it is not there any more.
 */
export function readKeyGrammar(root: string): KeyKind[] {
  const source = readFileSync(join(root, 'libs/redis-streams/src/stream.keys.ts'), 'utf8')
  const kinds = [...source.matchAll(/^ \* {5}(gh:\S+)\s+(.+)$/gm)].map(([, pattern = '', about = '']) => ({
    pattern,
    about,
  }))
  if (kinds.length === 0) throw new Error('stream.keys.ts has no key grammar at its head any more')
  return kinds
}
