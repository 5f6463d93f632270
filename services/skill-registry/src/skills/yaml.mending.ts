/**
 * Puts quotes round values such as `description: Use it when: asked`, which other products take and YAML does not. Only
 * top-level values on one line that no quote, block or flow sign begins.
 * @returns undefined when there is nothing to quote
 */
export function quoteColons(yaml: string): string | undefined {
  const lines = yaml.split(/\r?\n/)
  const mended = lines.map((line, index) => (continues(lines[index + 1]) ? line : quoteColon(line)))
  return mended.some((line, index) => line !== lines[index]) ? mended.join('\n') : undefined
}

function continues(next: string | undefined): boolean {
  return next !== undefined && /^[ \t]+\S/.test(next)
}

function quoteColon(line: string): string {
  const [, field, value] = /^([A-Za-z][\w-]*):[ \t]+([^\s"'|>[\]{}&*!#].*?)[ \t]*$/.exec(line) ?? []
  if (field === undefined || value === undefined) return line
  const needsQuotes = /:(?:\s|$)/.test(value) || /^[`@%]/.test(value)
  return needsQuotes ? `${field}: ${JSON.stringify(value)}` : line
}
