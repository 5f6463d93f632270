/**
 * What bubblewrap writes to `--json-status-fd`: one document when the sandbox exists, one when its command
 * ended. Its own exit status says neither, because 1 may be the command's or bubblewrap's.
 */
export class JsonStatus {
  #text = ''
  readonly #listeners: ((init: number) => void)[] = []
  /** Called once, when the command has ended by itself; what is left of the sandbox may be there still. */
  onEnded: (() => void) | undefined

  push(text: string): void {
    const [wasStarted, hadEnded] = [this.init !== undefined, this.exitCode !== undefined]
    this.#text += text
    const { init } = this
    if (!wasStarted && init !== undefined) for (const listener of this.#listeners) listener(init)
    if (!hadEnded && this.exitCode !== undefined) this.onEnded?.()
  }

  /** Calls once, at once when the sandbox exists already. */
  whenStarted(listener: (init: number) => void): void {
    if (this.init === undefined) this.#listeners.push(listener)
    else listener(this.init)
  }

  /** Host PID of the sandbox's PID 1. */
  get init(): number | undefined {
    return this.#number('child-pid')
  }

  /** Absent when the command was never started or did not end by itself. */
  get exitCode(): number | undefined {
    return this.#number('exit-code')
  }

  #number(member: string): number | undefined {
    // A digit must be followed by something, or the rest of the number is still to come.
    const found = new RegExp(`"${member}":\\s*(\\d+)\\s*[,}]`).exec(this.#text)?.[1]
    return found === undefined ? undefined : Number(found)
  }
}
