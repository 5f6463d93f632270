import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { lstatSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { prepareWorkspace } from './files/workspace.js'
import { defaultLimits } from './limits.js'
import { judgeAttacks, type ProbeCheck } from './probe.policy.js'
import { probeScript, type ProbeObservations } from './probe-script.js'
import type { Sandbox, SandboxResult } from './sandbox.js'
import { withScratchFolder } from './stdio/scratch-folder.js'

/** `ok` only when every check is. */
export interface ProbeReport {
  ok: boolean
  checks: ProbeCheck[]
  tookMs: number
}

const SHORT_WALL_MS = 150
const WALL_TOLERANCE_MS = 500
const PROBE_WALL_MS = 10_000

function processesNaming(marker: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(marker)
    } catch {
      return false
    }
  })
}

async function attackFromInside(sandbox: Sandbox, workspace: string, folder: string): Promise<ProbeCheck[]> {
  const secret = randomBytes(16).toString('hex')
  const secretPath = join(folder, 'secret')
  writeFileSync(secretPath, secret, { mode: 0o644 })
  let connections = 0
  const listener = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  try {
    const argv = ['node', '-e', probeScript, secretPath, String(port)]
    const result = await sandbox.run({
      argv,
      env: {},
      workspace,
      mounts: [],
      limits: { ...defaultLimits, wallMs: PROBE_WALL_MS },
    })
    const seen = parse(result)
    if (seen === undefined)
      return [
        {
          name: 'attacks',
          ok: false,
          detail: `${result.ending}: ${result.detail ?? result.stderr.slice(0, 500)}`,
        },
      ]
    return judgeAttacks(seen, {
      secret,
      connections,
      pidNamespace: readlinkSync('/proc/self/ns/pid'),
      ownerUid: lstatSync(join(workspace, 'owned')).uid,
    })
  } finally {
    listener.close()
  }
}

function parse({ stdout }: SandboxResult): ProbeObservations | undefined {
  try {
    return JSON.parse(stdout) as ProbeObservations
  } catch {
    return undefined
  }
}

async function attackWallTime(sandbox: Sandbox, workspace: string): Promise<ProbeCheck[]> {
  const limits = { ...defaultLimits, wallMs: SHORT_WALL_MS }
  const { ending, usage } = await sandbox.run({
    argv: ['sleep', '3600'],
    env: {},
    workspace,
    mounts: [],
    limits,
  })
  return [
    {
      name: 'wall-kill',
      ok: ending === 'wall-time' && usage.wallMs <= SHORT_WALL_MS + WALL_TOLERANCE_MS,
      detail: `${ending} after ${Math.round(usage.wallMs)} ms, the limit was ${SHORT_WALL_MS} ms`,
    },
  ]
}

async function attackByDaemon(sandbox: Sandbox, workspace: string): Promise<ProbeCheck[]> {
  // A number of seconds that no other process sleeps for.
  const marker = String(100_000_000 + (randomBytes(4).readUInt32BE() % 800_000_000))
  const script = `sleep ${marker} & setsid sleep ${marker} >/dev/null 2>&1 & exit 0`
  const limits = { ...defaultLimits, wallMs: PROBE_WALL_MS }
  const { ending, detail } = await sandbox.run({
    argv: ['sh', '-c', script],
    env: {},
    workspace,
    mounts: [],
    limits,
  })
  const survivors = processesNaming(marker)
  return [
    {
      name: 'tree-kill',
      ok: ending === 'exited' && survivors.length === 0,
      detail: ending === 'exited' ? `${survivors.length} survivors` : `${ending}: ${detail ?? ''}`,
    },
  ]
}

/**
 * Attacks the sandbox for real, in about half a second. Never throws: what prevents it is a failed check.
 *
 * @param parent of the workspaces; absent: where the machine keeps temporary files
 */
export async function probeSandbox(
  sandbox: Sandbox,
  unprivilegedUid: number,
  parent?: string,
): Promise<ProbeReport> {
  const startedAt = performance.now()
  const checks = await withScratchFolder(async (folder) => {
    // Passable: only the sandbox, not the mode of a parent, may keep the secret from being read.
    await chmod(folder, 0o711)
    const workspace = async (name: string): Promise<string> => {
      await prepareWorkspace(join(folder, name), unprivilegedUid)
      return join(folder, name)
    }
    const [attacks, endless, daemon] = [
      await workspace('attacks'),
      await workspace('endless'),
      await workspace('daemon'),
    ]
    return Promise.all([
      attackFromInside(sandbox, attacks, folder),
      attackWallTime(sandbox, endless),
      attackByDaemon(sandbox, daemon),
    ])
  }, parent).catch((error: unknown) => [
    [{ name: 'available', ok: false, detail: error instanceof Error ? error.message : String(error) }],
  ])
  return {
    ok: checks.flat().every(({ ok }) => ok),
    checks: checks.flat(),
    tookMs: Math.round(performance.now() - startedAt),
  }
}
