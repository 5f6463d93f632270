import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** To an API server, on loopback, that can be interrupted. */
export class InterruptedWay {
  readonly #server = createServer((socket) => this.#pass(socket))
  readonly #sockets = new Set<Socket>()
  #port = 0

  private constructor(private readonly target: URL) {}

  static async to(server: string): Promise<InterruptedWay> {
    const way = new InterruptedWay(new URL(server))
    await way.open()
    return way
  }

  get server(): string {
    return `https://127.0.0.1:${this.#port}`
  }

  async open(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  #pass(socket: Socket): void {
    const onward = connect({ host: this.target.hostname, port: Number(this.target.port) })
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.#sockets.add(one)
      one.on('error', () => undefined).once('close', () => other.destroy())
      one.pipe(other)
    }
  }
}
