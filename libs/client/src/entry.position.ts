/** Which of two stream entry ids (`<milliseconds>-<sequence>`) comes first: negative when `a` does, 0 when equal. */
export function compareEntryIds(a: string, b: string): number {
  const [aMs, aSeq] = parts(a)
  const [bMs, bSeq] = parts(b)
  return aMs === bMs ? Number(aSeq - bSeq) : aMs < bMs ? -1 : 1
}

function parts(id: string): [ms: bigint, seq: bigint] {
  const [ms = '0', seq = '0'] = id.split('-')
  return [BigInt(ms), BigInt(seq)]
}
