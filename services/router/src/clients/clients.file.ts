import { readFileSync } from 'node:fs'
import { allRights, grantedRights, narrowRights, RightsDraft, type Role, roles } from '@guildhall/contracts'
import { describeProblems, SettingError } from '@guildhall/service-defaults'
import { plainToInstance } from 'class-transformer'
import { validateSync } from 'class-validator'

/** A client as the clients file names it. */
export interface ClientEntry {
  id: string
  tenant: string
  roles: Role[]
  /** Default: what it has; everything for one that is not known yet. */
  rights?: RightsDraft
  /** SHA-256 of the token, hex: the token itself is in no file. */
  tokenSha256: string
  /** Name of the stream on which it is answered. Default: its id, which anybody can guess. */
  replyStream?: string
}

/** @throws SettingError when the file cannot be read or holds anything but clients. */
export function readClientsFile(path: string): ClientEntry[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SettingError(`the clients file cannot be read: ${path}`, { cause })
  }
  try {
    return parseClients(text)
  } catch (error) {
    throw new SettingError(`${path}: ${(error as Error).message}`)
  }
}

/** @throws SettingError that says which client is wrong and what it must hold. */
export function parseClients(text: string): ClientEntry[] {
  const entries = parseArray(text)
  for (const [index, entry] of entries.entries()) {
    const problem = problemOf(entry)
    if (problem) throw new SettingError(`client ${index + 1}: ${problem}`)
  }
  const clients = entries as ClientEntry[]
  refuseTwice('id', clients)
  // Two clients with one token could not be told apart, and with one reply stream they would hear each other.
  refuseTwice('tokenSha256', clients)
  refuseTwice('replyStream', clients)
  return clients
}

function parseArray(text: string): unknown[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new SettingError('it is no JSON')
  }
  if (!Array.isArray(value)) throw new SettingError('it must hold [{id, tenant, roles, tokenSha256}]')
  return value
}

function problemOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null) return 'it must be {id, tenant, roles, tokenSha256}'
  const { id, tenant, roles: held, rights, tokenSha256, replyStream } = entry as Record<string, unknown>
  const name = 'must be lower case letters, digits and hyphens, at most 64'
  if (!matches(id, /^[a-z0-9][a-z0-9-]{0,63}$/)) return `id ${name}`
  if (!matches(tenant, /^[a-z0-9][a-z0-9-]{0,63}$/)) return `tenant ${name}`
  if (!Array.isArray(held) || !held.every((role) => roles.includes(role as Role))) {
    return `roles must be a list of ${roles.join(', ')}`
  }
  if (replyStream !== undefined && !matches(replyStream, /^[a-z0-9][a-z0-9-]{0,127}$/)) {
    return 'replyStream must be lower case letters, digits and hyphens, at most 128'
  }
  const wrongRights = rights === undefined ? undefined : problemOfRights(rights)
  if (wrongRights !== undefined) return wrongRights
  return matches(tokenSha256, /^[0-9a-f]{64}$/)
    ? undefined
    : 'tokenSha256 must be the SHA-256 of the token in lower case hex'
}

function problemOfRights(rights: unknown): string | undefined {
  if (typeof rights !== 'object' || rights === null) {
    return 'rights must be {functions, mounts, hosts, budget}'
  }
  const draft = plainToInstance(RightsDraft, rights)
  const problems = validateSync(draft, { whitelist: true, forbidNonWhitelisted: true })
  if (problems.length > 0) return `rights: ${describeProblems(problems)}`
  const { removed } = narrowRights(allRights, grantedRights(draft))
  return removed.length > 0 ? `rights: nobody can hold ${removed.join(', ')}` : undefined
}

function matches(value: unknown, pattern: RegExp): boolean {
  return typeof value === 'string' && pattern.test(value)
}

function refuseTwice(name: 'id' | 'tokenSha256' | 'replyStream', clients: ClientEntry[]): void {
  const seen = new Map<string, string>()
  for (const client of clients) {
    const value = name === 'replyStream' ? (client.replyStream ?? client.id) : client[name]
    const earlier = seen.get(value)
    if (earlier !== undefined)
      throw new SettingError(`the clients ${earlier} and ${client.id} have one ${name}`)
    seen.set(value, client.id)
  }
}
