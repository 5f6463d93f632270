/** The name of a secret as files have it: where Docker and Kubernetes put secrets, it is one file each. */
export const secretNamePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/

/** Of an environment variable; not those that decide where and how a program is called. */
export const secretVariablePattern =
  /^(?!(?:PATH|HOME|FUNCTION|NODE_OPTIONS|LD_.*|BASH_ENV|ENV)$)[A-Za-z_][A-Za-z0-9_]{0,99}$/

/** Of a header of HTTP that a credential may be in; what the connection itself needs stays the client's. */
export const secretHeaderPattern =
  /^(?!(?:host|connection|content-.*|transfer-encoding|accept|cookie|mcp-.*|proxy-.*)$)[A-Za-z][A-Za-z0-9-]{0,63}$/i

/** Which secret each variable or header holds. */
export type SecretNames = Readonly<Record<string, string>>

export const mostSecrets = 20

/** What is wrong with a list of secrets, in words; undefined when it can be used. */
export function problemOfSecrets(secrets: SecretNames, place: 'variable' | 'header'): string | undefined {
  const holders = Object.entries(secrets)
  if (holders.length === 0 || holders.length > mostSecrets) return `must name 1 to ${mostSecrets} secrets`
  const pattern = place === 'variable' ? secretVariablePattern : secretHeaderPattern
  for (const [holder, secret] of holders) {
    if (!pattern.test(holder))
      return `${JSON.stringify(holder.slice(0, 100))} is no ${place} that may hold one`
    if (typeof secret !== 'string' || !secretNamePattern.test(secret))
      return `what ${holder} holds must be the name of a secret: letters, digits, '.', '_' and '-', at most 63`
  }
  return undefined
}
