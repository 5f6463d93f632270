import { FailedError, UsageError } from './exit.codes.js'

const whole = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether an id is complete, so that no list has to be asked for it. */
export function isWholeId(text: string): boolean {
  return whole.test(text)
}

/**
 * The one id that begins like this.
 * @throws UsageError for what can begin no id or begins several; FailedError `<noun>-not-found`
 */
export function completeId(prefix: string, ids: readonly string[], noun: string): string {
  const wanted = prefix.toLowerCase()
  if (!/^[0-9a-f-]{1,36}$/.test(wanted))
    throw new UsageError(`"${prefix}" is no id of a ${noun}: an id has digits, a to f and hyphens.`)
  const found = [...new Set(ids)].filter((id) => id.startsWith(wanted))
  const [first] = found
  if (first === undefined)
    throw new FailedError(
      `${noun}-not-found`,
      `No ${noun} among the newest has an id that begins with ${prefix}.`,
    )
  if (found.length > 1)
    throw new UsageError(`${found.length} ids of a ${noun} begin with ${prefix}: give more of it.`)
  return first
}
