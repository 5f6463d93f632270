/** Orders stream entry ids as Redis does. */
export function compareEntryIds(a: string, b: string): number {
  // Numbers with as many digits are in order as their texts are.
  if (a.length === b.length && a.indexOf('-') === b.indexOf('-')) return a < b ? -1 : Number(a > b)
  const [aMs, aSeq] = split(a)
  const [bMs, bSeq] = split(b)
  return aMs - bMs || aSeq - bSeq
}

function split(id: string): [number, number] {
  const dash = id.indexOf('-')
  return [Number(id.slice(0, dash)), Number(id.slice(dash + 1))]
}
