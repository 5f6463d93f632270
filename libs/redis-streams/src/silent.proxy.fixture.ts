import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP proxy that can fall silent: bytes of the links it has then vanish without an end, new links work. */
export class SilentProxy {
  readonly #links = new Set<Socket>()
  readonly #silent = new WeakSet<Socket>()
  #isSilentToNewLinks = false

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(target: number): Promise<SilentProxy> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    if (typeof address !== 'object' || !address) throw new Error('The proxy has no port')
    const proxy = new SilentProxy(server, address.port)
    server.on('connection', (near) => proxy.#join(near, connect(target, '127.0.0.1')))
    return proxy
  }

  get linkCount(): number {
    return this.#links.size
  }

  /** From now on new links are silent too: they open, and nobody ever answers. Those that opened so stay silent. */
  set isSilentToNewLinks(isSilent: boolean) {
    this.#isSilentToNewLinks = isSilent
  }

  /** Silences all present links. @returns how many. */
  fallSilent(): number {
    for (const link of this.#links) this.#silent.add(link)
    return this.#links.size
  }

  async stop(): Promise<void> {
    for (const link of this.#links) link.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  #join(near: Socket, far: Socket): void {
    this.#links.add(near)
    if (this.#isSilentToNewLinks) this.#silent.add(near)
    near.on('data', (bytes) => void (this.#silent.has(near) || far.write(bytes)))
    far.on('data', (bytes) => void (this.#silent.has(near) || near.write(bytes)))
    const end = () => {
      this.#links.delete(near)
      near.destroy()
      far.destroy()
    }
    for (const side of [near, far]) side.on('close', end).on('error', () => {})
  }
}
