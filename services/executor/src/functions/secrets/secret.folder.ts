import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** A secret cannot be used as it is; the message names it and says what to do, and never holds its value. */
export class SecretUnusableError extends Error {
  override readonly name = 'SecretUnusableError'
  constructor(secret: string, problem: string) {
    super(`the secret ${secret} ${problem}`)
  }
}

const largestBytes = 16 * 1024
/** Shorter ones could not be told from other words where they are taken out of what a program says. */
const fewestChars = 8

/**
 * What an operator put on this machine for the functions of each tenant: `<dir>/<tenant>/<name>`, one file each, as Docker and
 * Kubernetes lay secrets out. Read at each call, so that a new value is used at once.
 */
export class SecretFolder {
  /** @param dir absolute; undefined: there are no secrets on this machine */
  constructor(private readonly dir: string | undefined) {}

  /**
   * The value of each name: the text of its file without the line's end.
   * @param names as `secretNamePattern` has them
   * @throws SecretUnusableError
   */
  async read(tenant: string, names: Iterable<string>): Promise<Map<string, string>> {
    const values = new Map<string, string>()
    for (const name of new Set(names)) values.set(name, await this.readOne(tenant, name))
    return values
  }

  private async readOne(tenant: string, name: string): Promise<string> {
    if (this.dir === undefined)
      throw new SecretUnusableError(
        name,
        'is not there: GUILDHALL_FUNCTION_SECRETS_DIR names no folder of secrets',
      )
    const bytes = await readSmall(join(this.dir, tenant, name)).catch((error: NodeJS.ErrnoException) => {
      throw new SecretUnusableError(
        name,
        `is not there (${error.code ?? error.message}): an operator has to put it into the file ${tenant}/${name} below GUILDHALL_FUNCTION_SECRETS_DIR of every executor`,
      )
    })
    const value = bytes.toString('utf8').replace(/\r?\n$/, '')
    if (value.length < fewestChars)
      throw new SecretUnusableError(name, `has less than ${fewestChars} characters`)
    if (!Buffer.from(value).equals(bytes.subarray(0, Buffer.byteLength(value))) || /[\0\r\n]/.test(value))
      throw new SecretUnusableError(name, 'is not one line of UTF-8 text')
    return value
  }
}

/** Links are followed: Kubernetes makes each secret one. */
async function readSmall(path: string): Promise<Buffer> {
  const found = await stat(path)
  if (!found.isFile()) throw new Error('it is no file')
  if (found.size > largestBytes) throw new Error(`it has more than ${largestBytes} bytes`)
  return readFile(path)
}
