/**
 * As much of each id as tells it from the others, at least 8 characters and never ending in a hyphen. UUIDs made in the
 * same second begin alike.
 */
export function shortIds(ids: readonly string[]): Map<string, string> {
  const distinct = [...new Set(ids)]
  for (let length = 8; length < 36; length++) {
    const cut = distinct.map((id) => id.slice(0, length))
    if (new Set(cut).size === distinct.length && !cut.some((id) => id.endsWith('-')))
      return new Map(distinct.map((id, at) => [id, cut[at] ?? id]))
  }
  return new Map(distinct.map((id) => [id, id]))
}
