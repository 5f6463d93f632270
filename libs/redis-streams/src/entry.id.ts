/** Orders stream entry ids as Redis does. */
export function compareEntryIds(a: string, b: string): number {
  const [aMs, aSeq] = split(a)
  const [bMs, bSeq] = split(b)
  return aMs - bMs || aSeq - bSeq
}

function split(id: string): [number, number] {
  const dash = id.indexOf('-')
  return [Number(id.slice(0, dash)), Number(id.slice(dash + 1))]
}
