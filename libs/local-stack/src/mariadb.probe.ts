import { connect } from 'node:net'

// MySQL protocol: a packet is 3 bytes of length, a sequence number and the payload; a server that accepts clients opens
// with packet 0 whose payload starts with protocol version 10.
const sequenceAt = 3
const versionAt = 4
const protocolVersion = 10

/** Whether a MariaDB or MySQL at this port of 127.0.0.1 takes clients. */
export function mariadbAnswers(port: number, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    const settle = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.setTimeout(timeoutMs, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('data', (greeting) =>
      settle(greeting[sequenceAt] === 0 && greeting[versionAt] === protocolVersion),
    )
  })
}
