const exactUpTo = 32
const largest = 512

/**
 * How many rows each prepared statement takes when so many are inserted: one statement for few rows, and of larger ones
 * only a handful, since the server keeps every statement that a connection has ever prepared.
 */
export function statementSizes(rows: number): number[] {
  const sizes: number[] = []
  let left = rows
  for (let size = largest; size > exactUpTo; size /= 2) for (; left >= size; left -= size) sizes.push(size)
  for (; left > exactUpTo; left -= exactUpTo) sizes.push(exactUpTo)
  if (left > 0) sizes.push(left)
  return sizes
}
