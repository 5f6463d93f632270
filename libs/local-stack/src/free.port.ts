import { createServer } from 'node:net'

// Below the range from which the kernel takes the ports of outgoing connections (Linux 32768, macOS 49152): a port from
// inside it may be gone between this look and the server's bind.
const lowest = 10_000
const highest = 32_767

/**
 * A TCP port that nobody listens on at 127.0.0.1.
 *
 * @param preferred is returned when it is free
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred))) return preferred
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1))
    if (await isFree(port)) return port
  }
  throw new Error(`no free TCP port found between ${lowest} and ${highest}`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)))
  })
}
