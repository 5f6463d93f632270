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
    const value = Number(text)
    if (!Number.isSafeInteger(value) || value < minimum) {
      throw new SettingError(`${name} must be a whole number of at least ${minimum}, not '${text}'`)
    }
    return value
  }

  /** @throws SettingError when it is not an http(s), redis(s) or mysql URL without credentials. */
  url(name: string): URL {
    const text = this.required(name)
    if (!URL.canParse(text)) throw new SettingError(`${name} must be a URL such as redis://127.0.0.1:6379`)
    const url = new URL(text)
    if (url.username || url.password) {
      throw new SettingError(`${name} must hold no credentials: set the password in its own variable`)
    }
    return url
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

  optionalSecret(name: string): string | undefined {
    const file = this.optional(`${name}_FILE`)
    if (file === undefined) return this.optional(name)
    try {
      return readFileSync(file, 'utf8').replace(/\r?\n$/, '')
    } catch (cause) {
      throw new SettingError(`${name}_FILE cannot be read: ${file}`, { cause })
    }
  }
}
