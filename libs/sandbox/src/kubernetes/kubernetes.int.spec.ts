import { lstatSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Attack } from '../attacks/attack.fixture.js'
import { describeAttacks } from '../attacks/attack.suite.fixture.js'
import { networkAttacks } from '../attacks/network.attacks.fixture.js'
import { commandLines, newMarker } from '../call.fixture.js'
import { describeCalls } from '../call.suite.fixture.js'
import { InvalidMountError, InvalidRequestError } from '../index.js'
import { serverOfTestCluster, TestCluster, whyNoCluster } from './cluster.fixture.js'
import { Cluster } from './cluster.js'
import { KubernetesCall } from './kubernetes.call.js'

const reason = whyNoCluster()
const title = `calls in Kubernetes${reason === undefined ? '' : ` (${reason})`}`

describe.skipIf(reason !== undefined)(title, { timeout: 120_000 }, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await TestCluster.find()
  }, 60_000)
  afterAll(async () => {
    await cluster?.remove()
  }, 60_000)

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

  describeAttacks(() => cluster.sandbox, [...others, asksTheCluster])

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

    describeCalls(() => cluster.calls, [0, 60, 400, 1_500, 4_000])

    it('gives megabytes of output, all of them', async () => {
      const limits = { outputBytes: 8 * 2 ** 20 }
      const { stdoutBytes } = await cluster.calls.shell('head -c 5M /dev/zero', { limits })
      expect(stdoutBytes.length).toBe(5 * 2 ** 20)
    })

    it('sees nothing that is not on the volume', async () => {
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
      const request = cluster.calls.requestFor(['touch', 'began'], {
        mounts: [{ source, target: '/mnt/x', mode: 'rw' as const }],
      })
      const exchanging = new Exchanging(cluster.api.client, cluster.api.namespace)
      const result = await new KubernetesCall(request, cluster.settings({ cluster: exchanging })).run()
      expect(result.ending).toBe('sandbox-failed')
      expect(lstatSync(join(cluster.calls.workspace, 'began'), { throwIfNoEntry: false })).toBeUndefined()
    })
  })

  const allPods = async (): Promise<unknown> =>
    cluster.api.client.ask({ method: 'GET', path: `/api/v1/namespaces/${cluster.api.namespace}/pods` })
})
