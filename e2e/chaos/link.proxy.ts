import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/**
 * What a network does to a link:
 * - `cut`: all links end, new ones work.
 * - `refuse`: all links end, and new ones too, until told otherwise.
 * - `black-hole`: bytes of all links vanish without an end, of new ones too, until told otherwise.
 * - `delay`: everything arrives later, until told otherwise.
 * - `cut-after-request`: the next request of each link arrives, its answer does not, and the link ends.
 * - `half-answer`: half of the next answer of each link arrives, and the link ends.
 */
export type LinkFault = 'cut' | 'refuse' | 'black-hole' | 'delay' | 'cut-after-request' | 'half-answer'

type Mode = 'pass' | Exclude<LinkFault, 'cut'>

/** A TCP proxy on loopback between one process and a server, where the network fails on demand. */
export class LinkProxy {
  readonly #links = new Map<Socket, Link>()
  #mode: Mode = 'pass'

  private constructor(
    private readonly server: Server,
    readonly port: number,
    private targetPort: number,
    private readonly delayMs: number,
  ) {}

  /** @param delayMs how much later things arrive while the fault is `delay`. */
  static async start(targetPort: number, delayMs = 5_000): Promise<LinkProxy> {
    const server = createServer({ noDelay: true })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address !== 'object' || !address) throw new Error('The proxy has no port')
    const proxy = new LinkProxy(server, address.port, targetPort, delayMs)
    server.on('connection', (near) => proxy.#join(near))
    return proxy
  }

  get linkCount(): number {
    return this.#links.size
  }

  begin(fault: LinkFault): void {
    if (fault === 'cut-after-request' || fault === 'half-answer')
      for (const link of this.#links.values()) link.mode = fault
    else if (fault !== 'cut') this.#setMode(fault)
    if (fault === 'cut' || fault === 'refuse') this.#cutAll()
  }

  /** Ends the faults that last. Bytes that vanished stay lost: links through a black hole are never whole again. */
  end(): void {
    for (const link of this.#links.values()) if (link.mode === 'delay') link.mode = 'pass'
    this.#mode = 'pass'
  }

  /** Leads to another server from now on; all present links end. */
  leadTo(port: number): void {
    this.targetPort = port
    this.#cutAll()
  }

  async stop(): Promise<void> {
    this.#cutAll()
    this.server.close()
    await once(this.server, 'close')
  }

  #setMode(mode: Mode): void {
    this.#mode = mode
    for (const link of this.#links.values()) link.mode = mode
  }

  #cutAll(): void {
    for (const link of this.#links.values()) link.end()
  }

  #join(near: Socket): void {
    if (this.#mode === 'refuse') {
      near.destroy()
      return
    }
    const far = connect({ port: this.targetPort, host: '127.0.0.1', noDelay: true })
    const link = new Link(near, far, this.#mode, this.delayMs)
    this.#links.set(near, link)
    near.once('close', () => this.#links.delete(near))
  }
}

/** One connection through the proxy. */
class Link {
  #hasAsked = false

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    public mode: Mode,
    private readonly delayMs: number,
  ) {
    near.on('data', (bytes) => this.#onRequest(bytes))
    far.on('data', (bytes) => this.#onAnswer(bytes))
    for (const side of [near, far]) side.on('close', () => this.end()).on('error', () => {})
  }

  end(): void {
    this.near.destroy()
    this.far.destroy()
  }

  #onRequest(bytes: Buffer): void {
    if (this.mode === 'black-hole') return
    if (this.mode === 'cut-after-request') this.#hasAsked = true
    this.#pass(bytes, this.far)
  }

  #onAnswer(bytes: Buffer): void {
    if (this.mode === 'black-hole') return
    // An answer to what was asked before the fault began is let through.
    if (this.mode === 'cut-after-request' && this.#hasAsked) return this.end()
    if (this.mode === 'half-answer') {
      this.near.end(bytes.subarray(0, Math.floor(bytes.length / 2)))
      this.far.destroy()
      return
    }
    this.#pass(bytes, this.near)
  }

  #pass(bytes: Buffer, to: Socket): void {
    if (this.mode === 'delay') setTimeout(() => void (to.destroyed || to.write(bytes)), this.delayMs)
    else if (!to.destroyed) to.write(bytes)
  }
}
