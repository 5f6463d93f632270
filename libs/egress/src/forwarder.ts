/**
 * Runs inside as `node -e`, followed by the socket of the proxy, a port and a command: passes connections to that port of
 * the sandbox's own loopback on to the socket, and ends as the command ends. It decides nothing.
 */
export const forwarder = `
const net = require('node:net'), os = require('node:os'), { spawn } = require('node:child_process')
const [path, port, command, ...words] = process.argv.slice(1)
const fail = (status, message) => { process.stderr.write(message + '\\n'); process.exit(status) }
const server = net.createServer({ allowHalfOpen: true }, (client) => {
  const proxy = net.connect({ path, allowHalfOpen: true })
  for (const [one, other] of [[client, proxy], [proxy, client]]) {
    one.pipe(other)
    one.on('error', () => other.destroy())
    one.on('close', () => other.destroy())
  }
})
server.on('error', (error) => fail(126, 'cannot listen for the proxy: ' + error.message))
server.listen(Number(port), '127.0.0.1', () => {
  // Node programs of the command heed the proxy; this one starts faster without.
  const child = spawn(command, words, { stdio: 'inherit', env: { NODE_USE_ENV_PROXY: '1', ...process.env } })
  child.on('error', (error) => fail(error.code === 'ENOENT' ? 127 : 126, command + ': ' + error.message))
  child.on('exit', (code, signal) => process.exit(signal ? 128 + os.constants.signals[signal] : code))
})
`
