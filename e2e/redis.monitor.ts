import { connect } from 'node:net'

/**
 * Calls back for each line that MONITOR tells (every command that Redis carries out, its strings quoted), from when the
 * promise resolves until the returned function is called. ioredis has a monitor too; on a busy server it takes a first
 * line for the answer to its command and fails.
 */
export async function monitorRedis(
  server: { host: string; port: number; username: string; password: string },
  onLine: (line: string) => void,
): Promise<() => void> {
  const socket = connect(server.port, server.host)
  const ready = Promise.withResolvers<void>()
  socket.once('error', ready.reject)
  let rest = ''
  let answers = 0
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\r\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (answers === 2) onLine(line)
      else if (line === '+OK') answers += 1
      else return ready.reject(new Error(`MONITOR was refused: ${line}`))
      if (answers === 2) ready.resolve()
    }
  })
  socket.write(`AUTH ${server.username} ${server.password}\r\nMONITOR\r\n`)
  await ready.promise
  return () => void socket.destroy()
}
