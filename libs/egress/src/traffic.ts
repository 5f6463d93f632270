import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { type EgressEnding, EgressRefused } from './egress.events.js'
import type { EgressLimits } from './egress.limits.js'

interface Passage {
  ending: EgressEnding
  sentBytes: number
  receivedBytes: number
  tookMs: number
}

/** What one run moves, and how long: holds every connection of it to the limits. */
export class Traffic {
  private readonly open = new Map<Socket, (ending: EgressEnding) => void>()
  private dialing = 0
  private attempts = 0
  private bytes = 0

  constructor(private readonly limits: EgressLimits) {}

  /** The number of this attempt; refused ones count too. */
  nextAttempt(): number {
    this.attempts += 1
    return this.attempts
  }

  /**
   * Makes the connection if there is room for one.
   * @throws EgressRefused; what `make` throws
   */
  async admit<T>(make: () => Promise<T>): Promise<T> {
    const { connections, allConnections, bytes } = this.limits
    if (this.attempts > allConnections)
      throw new EgressRefused(
        'too-many-connections',
        `this run has tried ${allConnections} connections, as many as it may`,
      )
    if (this.open.size + this.dialing >= connections)
      throw new EgressRefused(
        'too-many-connections',
        `this run has ${connections} connections, as many as it may have at a time`,
      )
    if (this.bytes >= bytes)
      throw new EgressRefused('too-many-bytes', `this run has moved the ${bytes} bytes that it may move`)
    this.dialing += 1
    try {
      return await make()
    } finally {
      this.dialing -= 1
    }
  }

  /**
   * Counts and times a connection until it is closed; `client` is what is read from the other side. What ends it before
   * its two sides do is an error to both.
   */
  watch(upstream: Socket, client: Readable, onClosed: (passage: Passage) => void): void {
    const startedAt = performance.now()
    let counted = 0
    let ending: EgressEnding = 'ended'
    const end = (why: EgressEnding): void => {
      if (ending === 'ended') ending = why
      upstream.destroy(new Error(why))
    }
    const count = (): void => {
      const moved = upstream.bytesRead + upstream.bytesWritten
      this.bytes += moved - counted
      counted = moved
      if (this.bytes > this.limits.bytes) end('too-many-bytes')
    }
    this.open.set(upstream, end)
    const clock = setTimeout(() => end('too-long'), this.limits.connectionMs)
    upstream.setTimeout(this.limits.idleMs, () => end('idle'))
    upstream.on('data', count)
    client.on('data', count)
    upstream.once('error', () => end('broken'))
    upstream.once('close', () => {
      count()
      clearTimeout(clock)
      this.open.delete(upstream)
      const [sentBytes, receivedBytes] = [upstream.bytesWritten, upstream.bytesRead]
      onClosed({ ending, sentBytes, receivedBytes, tookMs: performance.now() - startedAt })
    })
  }

  /** Ends every connection; what they were is told before this resolves. */
  async close(): Promise<void> {
    const closed = [...this.open].map(([upstream, end]) => {
      const done = new Promise((resolve) => upstream.once('close', resolve))
      end('run-over')
      return done
    })
    await Promise.all(closed)
  }
}
