/**
 * The shard that a message goes by: what is said about one subject, and so about one task, goes by one; what has no
 * subject is spread by its id. FNV-1a (32 bits) of the UTF-8 text, modulo the number of shards: who says it decides,
 * and since every shard is heard everywhere, two that disagree on the list of shards lose no message.
 */
export function shardFor(
  header: { readonly id: string; readonly subject?: string | undefined },
  shards: readonly string[],
): string {
  return shardOfText(header.subject ?? header.id, shards)
}

/** The same for any text, such as the key of a value. */
export function shardOfText(text: string, shards: readonly string[]): string {
  const [first] = shards
  if (first === undefined) throw new RangeError('There must be at least one shard')
  return shards.length === 1 ? first : (shards[fnv1a(text) % shards.length] as string)
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
