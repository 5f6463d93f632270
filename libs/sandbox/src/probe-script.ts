/** What the attacking script saw from inside. */
export interface ProbeObservations {
  uid: number
  pid: number
  pidNamespace: string
  processes: number
  seccomp: number
  capabilities: number
  canUnshare: boolean
  connected: boolean
  interfaces: string[]
  environment: string[]
  descriptors: string[]
  secret: string
  corePatternWritable: boolean
  written: string[]
}

/** Runs inside as `node -e`, with the path of a host file and the port of a host listener as arguments. */
export const probeScript = `
const fs = require('node:fs'), net = require('node:net'), { spawnSync } = require('node:child_process')
const [secretPath, port] = process.argv.slice(1)
const attempt = (action, otherwise) => { try { return action() } catch { return otherwise } }
const status = fs.readFileSync('/proc/self/status', 'latin1')
const field = (name, radix) => parseInt(new RegExp('^' + name + ':\\\\s+(\\\\w+)', 'm').exec(status)[1], radix)
const opensForWriting = (path) => attempt(() => { fs.closeSync(fs.openSync(path, 'r+')); return true }, false)
const initial = fs.readFileSync('/proc/self/environ', 'latin1').split('\\0').filter(Boolean)
// Descriptors that Node opened itself are anonymous or /dev/null; only a path or a pipe could come from
// outside.
const descriptors = fs.readdirSync('/proc/self/fd').filter((fd) => fd > 2).map((fd) =>
  attempt(() => fd + ':' + fs.readlinkSync('/proc/self/fd/' + fd), ''))
  .filter((link) => link && !/:(anon_inode:|\\/dev\\/null$|pipe:|socket:|\\/proc\\/)/.test(link))
fs.writeFileSync('/workspace/owned', '')
const seen = {
  uid: process.getuid(),
  pid: process.pid,
  pidNamespace: fs.readlinkSync('/proc/self/ns/pid'),
  processes: fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).length,
  seccomp: field('Seccomp', 10),
  capabilities: field('CapEff', 16),
  canUnshare: spawnSync('unshare', ['--user', 'true']).status === 0,
  connected: false,
  interfaces: fs.readFileSync('/proc/net/dev', 'latin1').split('\\n').slice(2).map((line) => line.split(':')[0].trim()).filter(Boolean),
  environment: initial.map((pair) => pair.split('=')[0]).sort(),
  descriptors,
  secret: attempt(() => fs.readFileSync(secretPath, 'utf8'), ''),
  corePatternWritable: opensForWriting('/proc/sys/kernel/core_pattern'),
  written: ['/', '/usr', '/etc', '/dev', '/opt', '/var/tmp', '/run'].filter((folder) =>
    attempt(() => { fs.writeFileSync(folder + '/.sandbox-probe', ''); return true }, false)),
}
const done = () => { process.stdout.write(JSON.stringify(seen)) }
const socket = net.connect(Number(port), '127.0.0.1')
socket.on('connect', () => { seen.connected = true; socket.destroy(); done() }).on('error', done)
`
