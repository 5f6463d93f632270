import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const user = 'run'

/** What the clients of one run show; nobody else knows it. */
export class Credential {
  private readonly secret = randomBytes(32).toString('base64url')
  private readonly expected = digest(`Basic ${Buffer.from(`${user}:${this.secret}`).toString('base64')}`)

  /** `http://…`, with the secret in it. */
  urlFor(address: string): string {
    return `http://${user}:${this.secret}@${address}`
  }

  /** Takes as long for a nearly right header as for a wrong one. */
  isShownBy(header: string | undefined): boolean {
    const [scheme = '', value = ''] = (header ?? '').split(' ')
    const normal = scheme.toLowerCase() === 'basic' ? `Basic ${value}` : ''
    return timingSafeEqual(digest(normal), this.expected)
  }
}

// Of equal length whatever was shown, as the comparison needs it.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
