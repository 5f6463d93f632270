import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import {
  ARGS_DESCRIPTOR,
  bubblewrapArguments,
  innerNodePath,
  rawCommand,
  workspaceTarget,
} from '../bubblewrap/arguments.js'
import { planLauncher } from '../bubblewrap/launcher.js'
import { pinSource } from '../bubblewrap/pinned-source.js'
import { preparedHost } from '../bubblewrap/prepared-host.js'
import { resolveSettings } from '../bubblewrap/settings.js'
import { defaultLimits, type Sandbox, type SandboxRequest } from '../index.js'
import { Descriptors } from '../stdio/descriptors.js'

/** One way to run `true`, once. */
export type Contender = () => Promise<void>

const argv = ['/usr/bin/true']
const env = { PATH: '/usr/local/bin:/usr/bin:/bin' }

/** What any program pays that starts another. */
export const bareSpawn: Contender = async () => {
  const child = spawn(argv[0]!, argv.slice(1), { env, stdio: ['ignore', 'pipe', 'pipe'] })
  await once(child, 'close')
}

export function trueRequest(workspace: string): SandboxRequest {
  return { argv, env: {}, workspace, mounts: [], limits: defaultLimits }
}

export function sandboxedCall(sandbox: Sandbox, workspace: string): Contender {
  return async () => {
    const { ending, detail } = await sandbox.run(trueRequest(workspace))
    if (ending !== 'exited') throw new Error(`the call ended as ${ending}: ${detail}`)
  }
}

/**
 * bubblewrap with the profile of a call and nothing of what a call adds: no gate, no pipes that can be opened again, no
 * watchdog, no proof of death.
 */
export async function rawBubblewrap(workspace: string): Promise<Contender> {
  const host = await preparedHost()
  const settings = resolveSettings({})
  return async () => {
    const descriptors = new Descriptors()
    const pinned = [workspace, settings.nodePath].map((path) => pinSource(path, descriptors))
    const launcher = planLauncher({ ...settings, sources: pinned, firstDescriptor: 8 })
    const targets = [workspaceTarget, innerNodePath]
    const args = bubblewrapArguments({
      programs: host.programs,
      binds: launcher.sources.map((from, index) => ({
        from,
        target: targets[index]!,
        mode: index ? 'ro' : 'rw',
      })),
      env: {},
      limits: defaultLimits,
      descriptors: { status: 4, seccomp: 5, passwd: 6, hosts: 7 },
      disableUserNamespaces: true,
    })
    const held = [host.seccomp, host.passwd, host.hosts].map((file) => descriptors.add(file.open()))
    const words = [...launcher.command, ...rawCommand(argv, defaultLimits)]
    const child = spawn(words[0]!, words.slice(1), {
      env: launcher.env,
      cwd: '/',
      ...(launcher.uid !== undefined && { uid: launcher.uid, gid: launcher.uid }),
      stdio: [
        'ignore',
        'pipe',
        'pipe',
        'pipe',
        'pipe',
        ...held,
        ...pinned.map(({ descriptor }) => descriptor),
      ],
    })
    ;(child.stdio[ARGS_DESCRIPTOR] as Writable).end(args.map((arg) => `${arg}\0`).join(''))
    for (const stream of child.stdio.slice(1)) stream?.on('data', () => undefined)
    const [code] = (await once(child, 'close')) as [number]
    descriptors.close()
    if (code !== 0) throw new Error(`bubblewrap ended with ${code}`)
  }
}
