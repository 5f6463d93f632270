import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { countProcesses, newMarker } from '../call.fixture.js'
import { expectToEndWithItsProcess } from '../call.suite.fixture.js'
import { defaultLimits, SandboxUnavailableError } from '../index.js'
import { ownMark } from '../watch/owner-mark.js'
import { callJob } from './call.job.js'
import { ClusterClient } from './cluster.client.js'
import { TestCluster, whyNoCluster } from './cluster.fixture.js'
import { Cluster } from './cluster.js'
import { InterruptedWay } from './interrupted.way.fixture.js'
import { KubernetesCall, machineId } from './kubernetes.call.js'
import { createKubernetesSandbox } from './kubernetes.sandbox.js'
import { sweepJobs } from './kubernetes.sweep.js'

const soon = { timeout: 30_000, interval: 50 }
const reason = whyNoCluster()
const title = `what ends calls in Kubernetes${reason === undefined ? '' : ` (${reason})`}`

describe.skipIf(reason !== undefined)(title, { timeout: 120_000 }, () => {
  let cluster: TestCluster
  beforeAll(async () => {
    cluster = await TestCluster.find()
  }, 60_000)
  afterAll(async () => {
    await cluster?.remove()
  }, 60_000)

  describe.concurrent('limits', () => {
    const MEBIBYTE = 2 ** 20
    it('end a call that takes two gigabytes of memory, also when a child of it does', async () => {
      const hold = `perl -e '$x = "y" x (600 << 20); print "HELD"'`
      const [alone, child] = await Promise.all([
        cluster.calls.shell(`exec ${hold}`),
        cluster.calls.shell(`${hold}; sleep 30`),
      ])
      expect([alone.ending, child.ending]).toEqual(['memory', 'memory'])
      expect(alone.stdout + child.stdout).not.toContain('HELD')
    })

    it('end a fork bomb, and leave none of its processes', async () => {
      const marker = newMarker()
      const result = await cluster.calls.shell(`while :; do sleep ${marker} & done`, {
        limits: { processes: 40 },
      })
      expect(result.ending).toBe('processes')
      await vi.waitUntil(() => countProcesses(`sleep\0${marker}`) === 0, soon)
    })

    it('end a call at its wall time, a spinning one, a flood, and one that fills its workspace', async () => {
      const [wall, spin, flood, fill] = await Promise.all([
        cluster.calls.shell(`trap '' TERM INT HUP; while :; do sleep 1; done`, { limits: { wallMs: 300 } }),
        cluster.calls.shell('while :; do :; done', { limits: { cpuSeconds: 1 } }),
        cluster.calls.run(['yes'], { limits: { outputBytes: 100_000 } }),
        cluster.calls.shell(
          'mkdir fill; cd fill; i=0; while :; do head -c 4M /dev/zero >f$i; i=$((i + 1)); done',
          {
            limits: { workspaceBytes: 32 * MEBIBYTE },
          },
        ),
      ])
      expect(wall.ending).toBe('wall-time')
      // Its end travels through the API server.
      expect(wall.usage.wallMs).toBeLessThan(3_000)
      expect(spin).toMatchObject({ ending: 'cpu-time', signal: 'SIGXCPU' })
      expect(flood).toMatchObject({ ending: 'output', truncated: true })
      expect(flood.stdout.length).toBe(100_000)
      expect(fill.ending).toBe('workspace')
      await cluster.calls.shell('rm -rf fill')
    })

    it('bound one file, open files and the temporary folders in the kernel', async () => {
      const result = await cluster.calls.shell(
        'head -c 3M /dev/zero >big; stat -c %s big; rm big; head -c 9M /dev/zero >/tmp/a 2>/dev/null; stat -c %s /tmp/a; ulimit -n; ulimit -c',
        { limits: { fileBytes: 2 * MEBIBYTE, tmpBytes: MEBIBYTE, openFiles: 77 } },
      )
      expect(result.stdout).toBe(`${2 * MEBIBYTE}\n${MEBIBYTE}\n77\n0\n`)
    })

    it('that cannot be set end a call before it begins', async () => {
      const result = await cluster.calls.run(['echo', 'began'], { limits: { openFiles: 2 ** 40 } })
      expect(result).toMatchObject({ ending: 'sandbox-failed', stdout: '' })
      expect(result.detail).toContain('limit')
    })
  })

  describe.concurrent('a cluster', () => {
    it('withstands the probe, which names the image and what is out of reach', async () => {
      const report = await cluster.sandbox.probe()
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(report.checks.map(({ name }) => name)).toEqual(
        expect.arrayContaining(['network-policy', 'image']) as string[],
      )
    })

    it('that has not the image, no room, or not the claim, is named with what to do', async () => {
      const over = (others: object) =>
        new KubernetesCall(cluster.calls.requestFor(['true']), cluster.settings(others)).run()
      const [image, room] = await Promise.all([
        over({ image: 'registry.invalid/none:1' }),
        over({ node: 'no-such-node', pendingMs: 3_000 }),
      ])
      expect(image).toMatchObject({
        ending: 'sandbox-failed',
        detail: expect.stringMatching(/ErrImagePull|ImagePullBackOff/) as string,
      })
      expect(room).toMatchObject({
        ending: 'sandbox-failed',
        detail: expect.stringContaining('no node takes its pod') as string,
      })
      const nobody = createKubernetesSandbox({ ...cluster.options, accountFolder: '/nowhere' })
      await expect(nobody.run(cluster.calls.requestFor(['true']))).rejects.toThrow(SandboxUnavailableError)
      expect((await nobody.probe()).checks[0]?.detail).toContain('/nowhere')
      const elsewhere = createKubernetesSandbox({ ...cluster.options, namespace: 'not-its-own' })
      await expect(elsewhere.run(cluster.calls.requestFor(['true']))).rejects.toThrow('forbidden')
    })

    it('that goes away in mid-call ends the call, and is told to forget it when it is back', async () => {
      const marker = newMarker()
      const way = await InterruptedWay.to(cluster.options.server)
      const client = new ClusterClient(way.server, cluster.accountFolder)
      const settings = cluster.settings({ cluster: new Cluster(client, cluster.api.namespace) })
      const call = new KubernetesCall(cluster.calls.requestFor(['sleep', marker]), settings).run()
      await vi.waitUntil(() => countProcesses(`sleep\0${marker}`) > 0, soon)
      way.close()
      // Its input broke off.
      await vi.waitUntil(() => countProcesses(`sleep\0${marker}`) === 0, soon)
      await way.open()
      const result = await call
      expect(result.ending).toBe('sandbox-failed')
      expect(result.detail).toContain('the connection to the call broke')
      await settings.removals.settled()
      way.close()
    })
  })

  describe.concurrent('a pod', () => {
    it('is dead soon after the process that asked for it was killed', () =>
      expectToEndWithItsProcess({ kind: 'kubernetes', ...cluster.options }, cluster.calls))

    it('whose Job a killed process left is swept, and no other', async () => {
      const [namespace] = ownMark().split('-')
      const [left, own, foreign] = await Promise.all([
        create(`${namespace}-999999999-1-1`, machineId()),
        create(`${ownMark()}-1`, machineId()),
        create(`${namespace}-999999999-1-1`, 'another'),
      ])
      await sweepJobs(cluster.api)
      // A Job stays a moment for its pods.
      await vi.waitUntil(async () => !(await jobNames()).includes(left), soon)
      expect(await jobNames()).toEqual(expect.arrayContaining([own, foreign]) as string[])
      for (const name of [own, foreign]) await cluster.api.deleteJob(name)
    })
  })

  const jobNames = async (): Promise<string[]> =>
    (await cluster.api.listJobs()).map(({ metadata }) => metadata.name)

  async function create(owner: string, machine: string): Promise<string> {
    const name = `guildhall-test-${newMarker()}`
    const { claim, image = '' } = cluster.options
    const mounts = [{ subPath: '', target: '/workspace', mode: 'ro' as const }]
    const limits = defaultLimits
    await cluster.api.createJob(
      callJob({ name, owner, machine, image, claim, ...cluster.user, mounts, limits, pendingMs: 1 }),
    )
    return name
  }
})
