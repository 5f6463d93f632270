const longest = 64

/** A name for an agent with these skills: `csv-summary-agent`; with a suffix (`csv-summary-agent-4f1c20`) when that is taken. */
export function agentNameFor(
  skills: readonly string[],
  isTaken: (name: string) => boolean,
  id: string,
): string {
  const plain = shortened(skills.join('-'), longest - '-agent'.length) + '-agent'
  return isTaken(plain) ? suffixed(plain, id) : plain
}

/** The name followed by the random end of an id; at most 64 characters. */
export function suffixed(name: string, id: string): string {
  const suffix = `-${id.slice(-6)}`
  return shortened(name, longest - suffix.length) + suffix
}

function shortened(name: string, length: number): string {
  return name.slice(0, length).replace(/-+$/, '')
}
