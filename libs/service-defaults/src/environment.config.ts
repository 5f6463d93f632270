import { readFileSync } from 'node:fs'

/** A setting is missing or malformed: names the variable and what it must hold. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}

/**
 * The process's environment, read in `*.config.ts` files only: a given value, else the default, else a SettingError.
 * An empty variable counts as absent.
 */
export class Environment {
  constructor(private readonly values: Readonly<Record<string, string | undefined>>) {}

  static fromProcess(): Environment {
    return new Environment(process.env)
  }

  optional(name: string): string | undefined {
    return this.values[name] || undefined
  }

  /** @throws SettingError when absent. */
  required(name: string): string {
    const value = this.optional(name)
    if (value === undefined) throw new SettingError(`${name} is not set`)
    return value
  }

  /** @throws SettingError when it is not a whole number of at least `minimum` (default 0). */
  integer(name: string, fallback: number, minimum = 0): number {
    const text = this.optional(name)
    if (text === undefined) return fallback
    const value = /^\d+$/.test(text) ? Number(text) : NaN
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new SettingError(`${name} must be a whole number of at least ${minimum}, not '${text}'`)
    }
    return value
  }

  /**
   * Host and port of a URL `<scheme>://<host>[:<port>]`, as a socket takes them.
   * @throws SettingError when it has another scheme, no host or credentials.
   */
  address(name: string, scheme: string, defaultPort: number): { host: string; port: number } {
    const text = this.required(name)
    const url = URL.canParse(text) ? new URL(text) : undefined
    if (url?.username || url?.password) {
      throw new SettingError(`${name} must hold no credentials: set the password in its own variable`)
    }
    if (url?.protocol !== `${scheme}:` || !url.hostname) {
      throw new SettingError(`${name} must be a URL such as ${scheme}://127.0.0.1:${defaultPort}`)
    }
    return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port || defaultPort) }
  }

  /** A JSON value checked by the caller's guard; absent: the fallback. */
  json<T>(name: string, fallback: T, isValid: (value: unknown) => value is T): T {
    const text = this.optional(name)
    if (text === undefined) return fallback
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new SettingError(`${name} must be JSON`)
    }
    if (!isValid(value)) throw new SettingError(`${name} has not the expected shape`)
    return value
  }

  /** A secret, from the variable itself or, better, from the file that `<name>_FILE` names (a line end is cut off). */
  secret(name: string): string {
    const value = this.optionalSecret(name)
    if (value === undefined) throw new SettingError(`neither ${name} nor ${name}_FILE is set`)
    return value
  }

  /**
   * A secret that may be replaced while the process runs: from a file, it is read anew at each call of the function.
   * @throws SettingError as `secret`, now already.
   */
  changingSecret(name: string): string | (() => string) {
    const value = this.secret(name)
    return this.optional(`${name}_FILE`) === undefined ? value : () => this.secret(name)
  }

  optionalSecret(name: string): string | undefined {
    const file = this.optional(`${name}_FILE`)
    if (file === undefined) return this.optional(name)
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (cause) {
      throw new SettingError(`${name}_FILE cannot be read: ${file}`, { cause })
    }
    const value = text.replace(/\r?\n$/, '')
    if (value === '') throw new SettingError(`${name}_FILE names an empty file: ${file}`)
    return value
  }
}
