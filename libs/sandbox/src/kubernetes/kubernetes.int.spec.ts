import { lstatSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Attack } from '../attacks/attack.fixture.js'
import { contain, containTogether, isModest } from '../attacks/contain.fixture.js'
import { fileAttacks } from '../attacks/file.attacks.fixture.js'
import { networkAttacks } from '../attacks/network.attacks.fixture.js'
import { processAttacks } from '../attacks/process.attacks.fixture.js'
import { resourceAttacks } from '../attacks/resource.attacks.fixture.js'
import { textAttacks } from '../attacks/text.attacks.fixture.js'
import { VictimHost } from '../attacks/victim.fixture.js'
import { commandLines, countProcesses, newMarker } from '../call.fixture.js'
import { FileSession, InvalidMountError, InvalidRequestError, prepareWorkspace } from '../index.js'
import { serverOfTestCluster, TestCluster, whyNoCluster } from './cluster.fixture.js'
import { Cluster } from './cluster.js'
import { KubernetesCall } from './kubernetes.call.js'

/** Several pods start at the same time. */
const PATIENT_WALL_MS = 20_000
/** As many tests as run at the same time. */
const LANES = 5
const reason = whyNoCluster()
const title = `calls in Kubernetes${reason === undefined ? '' : ` (${reason})`}`

describe.skipIf(reason !== undefined)(title, { timeout: 120_000 }, () => {
  let cluster: TestCluster
  const hosts: VictimHost[] = []
  beforeAll(async () => {
    cluster = await TestCluster.find()
    for (let lane = 0; lane < LANES; lane += 1) hosts.push(await VictimHost.create())
  }, 60_000)
  afterAll(async () => {
    for (const host of hosts) await host.remove()
    await cluster?.remove()
  }, 60_000)

  async function withHost(use: (host: VictimHost) => Promise<void>): Promise<void> {
    const host = hosts.pop()!
    try {
      await use(host)
    } finally {
      hosts.push(host)
    }
  }

  // Others take every route and every sent datagram for a way out; here packets leave the pod, and are thrown away.
  const others = networkAttacks.filter(({ name }) => !name.startsWith('asks the name server'))
  const { host: server } = new URL(serverOfTestCluster())
  const doors = [server.replace(':', '/'), `${server.split(':')[0]}/10250`, '169.254.169.254/80']
  const asksTheCluster: Attack = {
    name: 'asks the API server, the node, the metadata service of a cloud, and a name server',
    script: () =>
      `for door in ${doors.join(' ')}; do timeout 1 bash -c "exec 3<>/dev/tcp/$door" 2>/dev/null && echo DONE $door; done; getent hosts example.org && echo DONE; echo KNOCKED; ls /var/run/secrets 2>/dev/null | sed "s/^/DONE /"`,
    shows: /KNOCKED/,
    betrays: /DONE/,
  }

  describe.concurrent.each([
    ['the files of the host', fileAttacks],
    ['its processes and its kernel', processAttacks],
    ['its network', [...others, asksTheCluster]],
    ['its resources', resourceAttacks],
    ['whoever handles text', textAttacks],
  ])('who attacks %s and', (_, attacks) => {
    const [modest, rest] = [attacks.filter(isModest), attacks.filter((one) => !isModest(one))]
    if (modest.length > 0)
      it(`${modest.map(({ name }) => name).join('; ')}: is contained`, () =>
        withHost((host) => containTogether(modest, cluster.sandbox, host)))
    it.each(rest)('$name is contained', (one) =>
      withHost((host) => contain(one, cluster.sandbox, host, PATIENT_WALL_MS)),
    )
  })

  describe.concurrent('a call', () => {
    it('has its arguments, variables and streams, and shows no value in the API or in a command line', async () => {
      const secret = `value-${newMarker()}`
      let seen: Promise<string> | undefined
      const script =
        'printf "%s|" "$TOKEN" "$@"; cat; printf "\\377\\000" >&2; echo x >/dev/stderr; sleep 1; exit 42'
      const words = ['a b', '', `"'$(id)`, 'line\nbreak', '$(HOME)', 'ümläut']
      const everythingSeen = async (): Promise<string> =>
        commandLines().join('\n') +
        JSON.stringify(await cluster.api.listJobs()) +
        JSON.stringify(await allPods())
      const result = await cluster.calls.run(['sh', '-c', script, 'sh', ...words], {
        env: { TOKEN: secret },
        stdin: Buffer.from(`in\nput-${secret}`),
        onOutput: () => {
          seen ??= everythingSeen()
        },
      })
      expect(result).toMatchObject({ ending: 'exited', exitCode: 42, truncated: false })
      expect(result.stdout).toBe([secret, ...words, `in\nput-${secret}`].join('|'))
      expect(result.stderrBytes).toEqual(Buffer.from([0xff, 0, 0x78, 0x0a]))
      expect(await seen).toContain('guildhall-call-')
      expect(await seen).not.toContain(secret)
    })

    it('runs as nobody of the host, and says who bounds it', async () => {
      const script =
        'id -u; env | cut -d= -f1 | sort | tr "\\n" " "; cat /etc/resolv.conf; touch owned-here; kill -SEGV $$'
      const result = await cluster.calls.shell(script)
      expect(result.stdout).toBe(`${cluster.user.uid}\nHOME LANG PATH PWD TMPDIR nameserver 127.0.0.1\n`)
      expect(result).toMatchObject({ ending: 'signaled', signal: 'SIGSEGV', isolation: 'kubernetes' })
      expect(result.usage.maxMemoryBytes).toBeGreaterThan(0)
      expect(lstatSync(join(cluster.calls.workspace, 'owned-here')).uid).toBe(cluster.user.uid)
      const { wallMs, outputBytes, processes, workspaceBytes, workspaceEntries, ...others } = result.enforced
      const polled = [wallMs, outputBytes, processes, workspaceBytes, workspaceEntries]
      expect(polled).toEqual(Array(5).fill('poll'))
      expect(new Set(Object.values(others))).toEqual(new Set(['kernel']))
    })

    it('takes megabytes of input, and does not mind when nobody reads them', async () => {
      const stdin = Buffer.alloc(5 * 2 ** 20, 'x')
      expect((await cluster.calls.shell('wc -c; echo "$0"', { stdin })).stdout).toBe(`${stdin.length}\nsh\n`)
      expect(await cluster.calls.run(['no-such-command'], { stdin })).toMatchObject({
        ending: 'exited',
        exitCode: 127,
      })
      expect((await cluster.calls.shell('cat; echo end')).stdout).toBe('end\n')
    })

    it('gives megabytes of output, all of them', async () => {
      const limits = { outputBytes: 8 * 2 ** 20 }
      const { stdoutBytes } = await cluster.calls.shell('head -c 5M /dev/zero', { limits })
      expect(stdoutBytes.length).toBe(5 * 2 ** 20)
    })

    it('hands live input on as it comes', async () => {
      const stdin = new PassThrough()
      const call = cluster.calls.shell('while read -r line; do echo "<$line>"; done', {
        stdin,
        onOutput: ({ text }) => text.includes('<1>') && stdin.end('2\n'),
      })
      stdin.write('1\n')
      expect((await call).stdout).toBe('<1>\n<2>\n')
    })

    it('sees mounts as they are meant, and nothing that is not on the volume', async () => {
      const [source, writable] = [join(cluster.calls.folder, 'ro'), join(cluster.calls.folder, 'rw')]
      mkdirSync(source)
      writeFileSync(join(source, 'file'), 'content')
      await prepareWorkspace(writable)
      const mounts = [
        { source, target: '/mnt/in', mode: 'ro' as const },
        { source: writable, target: '/skills/out', mode: 'rw' as const },
      ]
      const result = await cluster.calls.shell(
        'cat /mnt/in/file; echo x >/mnt/in/file; echo y >/skills/out/file',
        {
          mounts,
        },
      )
      expect(result.stdout).toBe('content')
      expect(result.stderr).toContain('Read-only file system')
      expect(readFileSync(join(writable, 'file'), 'utf8')).toBe('y\n')
      await expect(
        cluster.calls.run(['true'], { mounts: [{ source: '/etc', target: '/mnt/x', mode: 'ro' }] }),
      ).rejects.toThrow(InvalidMountError)
      await expect(cluster.calls.run(['true'], { env: { UID: '0' } })).rejects.toThrow(InvalidRequestError)
    })

    it('does not begin when a link has taken the place of a mount', async () => {
      const [source, other] = [join(cluster.calls.folder, 'exchanged'), join(cluster.calls.folder, 'other')]
      mkdirSync(source)
      mkdirSync(other)
      class Exchanging extends Cluster {
        override createJob(job: Parameters<Cluster['createJob']>[0]): Promise<void> {
          renameSync(source, `${source}-away`)
          symlinkSync(other, source)
          return super.createJob(job)
        }
      }
      const request = cluster.requestFor(['touch', 'began'], {
        mounts: [{ source, target: '/mnt/x', mode: 'rw' as const }],
      })
      const exchanging = new Exchanging(cluster.api.client, cluster.api.namespace)
      const result = await new KubernetesCall(request, cluster.settings({ cluster: exchanging })).run()
      expect(result.ending).toBe('sandbox-failed')
      expect(lstatSync(join(cluster.calls.workspace, 'began'), { throwIfNoEntry: false })).toBeUndefined()
    })

    it('leaves nothing behind whenever it is canceled', async () => {
      const marker = newMarker()
      const canceled = [0, 60, 400, 1_500, 4_000].map((afterMs) =>
        cluster.calls.shell(`sleep ${marker} & setsid sleep ${marker}`, {
          signal: AbortSignal.timeout(afterMs),
        }),
      )
      for (const { ending } of await Promise.all(canceled)) expect(ending).toBe('canceled')
      expect(countProcesses(marker)).toBe(0)
    })

    it('lets file functions work in one that lives on', async () => {
      const session = new FileSession(cluster.sandbox, cluster.requestFor([]))
      await session.do('write', { path: '/workspace/live', contentBase64: 'YQ==' })
      expect(await session.do('stat', { path: '/workspace/live' })).toMatchObject({ sizeBytes: 1 })
      await session.close()
    })
  })

  const allPods = async (): Promise<unknown> =>
    cluster.api.client.ask({ method: 'GET', path: `/api/v1/namespaces/${cluster.api.namespace}/pods` })
})
