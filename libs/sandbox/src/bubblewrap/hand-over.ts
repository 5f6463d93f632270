/** A shell reads a line from a socket byte by byte: longer ones would take longer than a new sandbox. */
const MAX_LINE_BYTES = 8 * 1024

/** Shells keep these for themselves, and some end at the attempt to set them. */
const OF_THE_SHELL = /^(BASH.*|E?UID|PPID|SHELLOPTS|OPTIND|LINENO|PWD|OLDPWD)$/

/**
 * One line that makes the shell at the gate of a warm sandbox become the command, whatever its words contain; undefined
 * when only a new sandbox can run it. Line ends, which a line cannot hold, come from a variable of that shell. All
 * variables are set by one command, so that its words are complete before the first of them has an effect.
 */
export function handOverLine(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): string | undefined {
  const variables = Object.entries(env)
  if (variables.some(([name]) => OF_THE_SHELL.test(name))) return undefined
  const line = [
    `set -- ${argv.map(quoted).join(' ')}`,
    ...(variables.length > 0
      ? [`export ${variables.map(([name, value]) => `${name}=${quoted(value)}`).join(' ')}`]
      : []),
    'exec "$@"',
  ].join('; ')
  return Buffer.byteLength(line) > MAX_LINE_BYTES ? undefined : line
}

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''").replaceAll('\n', `'"$newline"'`)}'`
