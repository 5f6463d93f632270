/** Well below the smallest `max_allowed_packet` that servers come with (16 MiB), and locks few rows for long. */
const statementBytes = 4 * 1024 * 1024

/** Groups what is inserted with one statement: in order, each of at most `limitBytes` unless a single one has more. */
export function inStatements<T>(
  items: readonly T[],
  bytesOf: (item: T) => number,
  limitBytes: number = statementBytes,
): T[][] {
  const groups: T[][] = []
  let bytes = limitBytes
  for (const item of items) {
    const size = bytesOf(item)
    const last = groups.at(-1)
    if (last && bytes + size <= limitBytes) last.push(item)
    else {
      groups.push([item])
      bytes = 0
    }
    bytes += size
  }
  return groups
}
