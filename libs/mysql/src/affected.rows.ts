/** How many rows a statement inserted, deleted or, for an update, matched (the driver asks for found rows). */
export function affectedRows(result: unknown): number {
  return (result as { affectedRows?: number }).affectedRows ?? 0
}
