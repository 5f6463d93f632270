/**
 * Works on all items, at most `width` at a time, begun in order. When one fails, no further one begins, and those under
 * way are waited for.
 *
 * @returns the results in the order of the items
 * @throws the first failure in that order
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const failures = new Map<number, unknown>()
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < items.length && failures.size === 0) {
      const index = next++
      try {
        results[index] = await work(items[index] as T)
      } catch (error) {
        failures.set(index, error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane))
  if (failures.size > 0) throw failures.get(Math.min(...failures.keys()))
  return results
}

/**
 * Works on all items in order. Neighbours that may run beside each other do, at most `width` at a time; any other item
 * has what came before it behind it, and nothing beside it. Failures are as in `sideBySide`.
 *
 * @returns the results in the order of the items
 */
export async function inOrder<T, R>(
  items: readonly T[],
  width: number,
  maySideBySide: (item: T) => boolean,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let begin = 0
  while (begin < items.length) {
    let end = begin
    while (end < items.length && maySideBySide(items[end] as T)) end++
    const group = items.slice(begin, Math.max(end, begin + 1))
    results.push(...(await sideBySide(group, width, work)))
    begin += group.length
  }
  return results
}
