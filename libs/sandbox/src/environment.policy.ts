import { InvalidRequestError } from './sandbox.errors.js'

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,255}$/
/** The kernel refuses a longer single string (MAX_ARG_STRLEN, 32 pages). */
const MAX_STRING_BYTES = 128 * 1024 - 1

// These make the C library load code or files on behalf of the caller. Inside, they would act in
// the shell that sets the limits, before these hold.
const LOADER_NAMES = new Set([
  'GCONV_PATH',
  'GLIBC_TUNABLES',
  'LOCPATH',
  'MALLOC_TRACE',
  'NLSPATH',
  'GETCONF_DIR',
])

/** Why a variable cannot be passed into a sandbox: a sentence that names it, never its value; undefined when it can. */
export function findUnusableVariable(name: string, value: string): string | undefined {
  const shown = JSON.stringify(name.slice(0, 80))
  if (!NAME.test(name))
    return `Environment name ${shown} is invalid: letters, digits and _ only, no leading digit`
  if (name.startsWith('LD_') || LOADER_NAMES.has(name))
    return `Environment name ${shown} is refused: it steers the dynamic loader or the C library`
  if (typeof value !== 'string' || value.includes('\0'))
    return `The value of ${shown} must be a string without NUL`
  if (Buffer.byteLength(value) + name.length + 1 > MAX_STRING_BYTES)
    return `The value of ${shown} is longer than 128 KiB: put it into a file of the workspace`
  return undefined
}

/** @throws InvalidRequestError naming the variable, never its value. */
export function assertEnvironment(env: Record<string, string>): void {
  for (const [name, value] of Object.entries(env)) {
    const problem = findUnusableVariable(name, value)
    if (problem !== undefined) throw new InvalidRequestError(problem)
  }
}

/** @throws InvalidRequestError */
export function assertArgv(argv: readonly string[]): void {
  if (argv.length === 0 || argv[0] === '') throw new InvalidRequestError('argv needs a command')
  // A shell starts it with exec, which would take it for an option.
  if (argv[0]?.startsWith('-') === true) throw new InvalidRequestError('argv[0] is an option, not a command')
  for (const [index, word] of argv.entries()) {
    if (typeof word !== 'string' || word.includes('\0'))
      throw new InvalidRequestError(`argv[${index}] must be a string without NUL`)
    if (Buffer.byteLength(word) > MAX_STRING_BYTES)
      throw new InvalidRequestError(
        `argv[${index}] is longer than 128 KiB: send it through stdin or a file of the workspace`,
      )
  }
}
