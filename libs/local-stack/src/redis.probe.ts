import { connect } from 'node:net'

/**
 * Whether a Redis at this address answers commands; one that still loads its data does not count.
 *
 * @param login needed where an access list is in force
 */
export function redisAnswers(
  port: number,
  login?: { username: string; password: string },
  timeoutMs = 1_000,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    let answer = ''
    const settle = (isUp: boolean) => {
      socket.destroy()
      resolve(isUp)
    }
    socket.setTimeout(timeoutMs, () => settle(false))
    socket.once('error', () => settle(false))
    socket.once('close', () => settle(false))
    socket.once('connect', () => {
      const commands = [login && `AUTH ${login.username} ${login.password}`, 'PING']
      socket.write(
        commands
          .filter(Boolean)
          .map((command) => `${command}\r\n`)
          .join(''),
      )
    })
    socket.on('data', (chunk) => {
      answer += chunk.toString()
      if (answer.includes('+PONG')) settle(true)
      else if (answer.includes('-')) settle(false)
    })
  })
}
