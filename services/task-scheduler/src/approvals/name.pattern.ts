/** Whether a name fits a pattern in which `*` stands for any characters; everything else stands for itself. */
export function fitsPattern(pattern: string, name: string): boolean {
  const [beginning = '', ...parts] = pattern.split('*')
  const end = parts.pop()
  if (end === undefined) return name === pattern
  if (!name.startsWith(beginning) || name.length < beginning.length + end.length || !name.endsWith(end)) {
    return false
  }
  const middle = name.slice(beginning.length, name.length - end.length)
  let at = 0
  for (const part of parts) {
    const found = middle.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return true
}
