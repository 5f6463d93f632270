import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { prepareWorkspace } from '../files/workspace.js'
import { defaultLimits } from '../limits.js'
import type { ProbeCheck } from '../probe.policy.js'
import type { SandboxResult } from '../sandbox.js'
import { SandboxUnavailableError } from '../sandbox.errors.js'
import { withScratchFolder } from '../stdio/scratch-folder.js'
import { KubernetesCall } from './kubernetes.call.js'
import type { KubernetesSettings } from './kubernetes.settings.js'
import { judgeNetwork, judgeTrial } from './trial.policy.js'

const TRIAL_WALL_MS = 20_000
const TRIAL = ['sh', '-c', ': >written; command -v node; stat -f -c "%b %S" /tmp /dev/shm']

/** Of every node, for its API server: behind a policy it is as closed as the rest. */
const KUBELET_PORT = 10_250
/** Where clouds answer those who ask who they are. */
const METADATA = '169.254.169.254:80'

/** Knocks for two seconds: a policy may come into force a moment after the pod. Prints where somebody opened. */
const KNOCK = `
const { connect } = require('node:net')
const until = Date.now() + 2000
for (const target of process.argv.slice(1)) {
  const [, host, port] = /^(.*):(\\d+)$/.exec(target)
  const knock = () => {
    const again = () => { socket.destroy(); if (Date.now() < until) setTimeout(knock, 200) }
    const socket = connect({ host: host.replace(/[[\\]]/g, ''), port: Number(port) })
    socket.setTimeout(until - Date.now() + 1, again)
    socket.once('error', again).once('connect', () => { console.log(target); socket.destroy() })
  }
  knock()
}
setTimeout(() => process.exit(0), 2500)
`

export interface TrialReport {
  checks: ProbeCheck[]
}

/**
 * Finds out by real calls whether the cluster runs them, whose the files are that they write, whether memory-backed volumes are
 * bounded, and whether anything lets a call through to the network.
 *
 * @throws SandboxUnavailableError
 */
export function tryOutCluster(settings: KubernetesSettings): Promise<TrialReport> {
  return withScratchFolder(async (folder) => {
    const workspace = join(folder, 'workspace')
    await prepareWorkspace(workspace, settings.uid)
    const first = await callIn(settings, workspace, TRIAL)
    const written = lstatSync(join(workspace, 'written'), { throwIfNoEntry: false })
    const { tmpBytes, shmBytes } = defaultLimits
    const problem = judgeTrial(first.result, {
      image: settings.image,
      uid: settings.uid,
      writtenUid: written?.uid,
      bounds: [tmpBytes, shmBytes],
    })
    if (problem !== undefined) throw new SandboxUnavailableError(problem)
    const targets = [new URL(settings.cluster.client.server).host, METADATA]
    const node = first.pod?.status?.hostIP
    if (node !== undefined) targets.push(`${node.includes(':') ? `[${node}]` : node}:${KUBELET_PORT}`)
    const second = await callIn(settings, workspace, ['node', '-e', KNOCK, ...targets.map(withPort)])
    const image = first.pod?.status?.containerStatuses?.[0]?.imageID ?? 'unknown'
    return {
      checks: [
        judgeNetwork(second.result, targets),
        { name: 'image', ok: true, detail: `${settings.image} is ${image}` },
      ],
    }
  }, settings.scratch)
}

const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:443`)

async function callIn(settings: KubernetesSettings, workspace: string, argv: string[]) {
  const limits = { ...defaultLimits, wallMs: TRIAL_WALL_MS }
  const call = new KubernetesCall({ argv, env: {}, workspace, mounts: [], limits }, settings)
  const result: SandboxResult = await call.run()
  // By then its node has told where it ran, and of what image.
  await settings.removals.settled()
  return { result, pod: call.pod }
}
