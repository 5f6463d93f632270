/** What stands in Redis under a key. */
export interface HotEntry {
  /** JSON text of the value. */
  value: string
  /** That of the row in MySQL, which decides what is true; 0 when Redis alone has the key. */
  version: number
  expiresAtMs?: number | undefined
}

export function encodeEntry(entry: HotEntry): string {
  return JSON.stringify(entry)
}

/** The entry, or undefined when there is none, none that can be read, or one whose time is over. */
export function decodeEntry(text: string | undefined, nowMs: number): HotEntry | undefined {
  if (text === undefined) return undefined
  try {
    const entry = JSON.parse(text) as HotEntry
    return typeof entry.value === 'string' && isAlive(entry, nowMs) ? entry : undefined
  } catch {
    return undefined
  }
}

export function isAlive(entry: { expiresAtMs?: number | undefined }, nowMs: number): boolean {
  return entry.expiresAtMs === undefined || entry.expiresAtMs > nowMs
}

/** How long Redis keeps it: until it expires, and a copy of what MySQL has not longer than `copyMs`. */
export function hotLifeMs(entry: HotEntry, copyMs: number, nowMs: number): number | undefined {
  const lives = [entry.version > 0 ? copyMs : undefined, entry.expiresAtMs && entry.expiresAtMs - nowMs]
  const shortest = Math.min(...lives.filter((life) => life !== undefined))
  return Number.isFinite(shortest) ? Math.max(1, shortest) : undefined
}
