import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../limits.js'
import { callJob, type JobPlan } from './call.job.js'

const plan: JobPlan = {
  name: 'guildhall-call-1',
  owner: '1-2-3-4',
  machine: 'a-b',
  image: 'node:24-bookworm-slim',
  claim: 'folders',
  uid: 7,
  gid: 8,
  mounts: [
    { subPath: 'runs/one', target: '/workspace', mode: 'rw' },
    { subPath: '', target: '/skills/a', mode: 'ro' },
  ],
  limits: { ...defaultLimits, wallMs: 1_500, outputBytes: 2 ** 20 },
  pendingMs: 60_000,
}
const job = callJob(plan)
const pod = job.spec.template.spec
const container = pod.containers[0]!

describe('what the cluster is asked for', () => {
  it('is one pod, once, that ends by itself', () => {
    expect(job.spec).toMatchObject({
      parallelism: 1,
      completions: 1,
      backoffLimit: 0,
      ttlSecondsAfterFinished: 60,
      activeDeadlineSeconds: 60 + 2 + 60,
    })
    expect(pod).toMatchObject({ restartPolicy: 'Never', terminationGracePeriodSeconds: 1 })
  })

  it('takes every right, and every way to what is not its own', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      hostNetwork: false,
      hostPID: false,
      hostIPC: false,
      shareProcessNamespace: false,
      dnsPolicy: 'None',
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 7,
        runAsGroup: 8,
        seccompProfile: { type: 'RuntimeDefault' },
      },
    })
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
  })

  it('has the label that the policy selects, and those that tell whose it is', () => {
    const labels = { 'guildhall.part': 'call', 'guildhall.owner': '1-2-3-4', 'guildhall.machine': 'a-b' }
    expect(job.metadata.labels).toEqual(labels)
    expect(job.spec.template.metadata.labels).toEqual(labels)
  })

  it('may use a processor when one is idle, and the memory of its limit', () => {
    const bounds = { memory: String(512 * 2 ** 20), 'ephemeral-storage': String(64 * 2 ** 20) }
    expect(container.resources.limits).toEqual({ ...bounds, cpu: '1' })
    expect(container.resources.requests).toEqual({ ...bounds, cpu: '50m' })
  })

  it('has no part of the node for a call whose output is unbounded', () => {
    const unbounded = callJob({ ...plan, limits: { ...plan.limits, outputBytes: Number.MAX_SAFE_INTEGER } })
    const { limits } = unbounded.spec.template.spec.containers[0]!.resources
    expect(limits['ephemeral-storage']).toBe(String(512 * 2 ** 20))
  })

  it('shows parts of the claim, and bounded memory in place of temporary folders', () => {
    expect(container.volumeMounts).toEqual([
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'shm', mountPath: '/dev/shm' },
      { name: 'folders', mountPath: '/workspace', subPath: 'runs/one', readOnly: false },
      { name: 'folders', mountPath: '/skills/a', readOnly: true },
    ])
    expect(pod.volumes).toEqual([
      { name: 'folders', persistentVolumeClaim: { claimName: 'folders' } },
      { name: 'tmp', emptyDir: { medium: 'Memory', sizeLimit: String(defaultLimits.tmpBytes) } },
      { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: String(defaultLimits.shmBytes) } },
    ])
  })

  it('is text that the cluster does not take for variables', () => {
    const words = [...container.command, ...container.args].join(' ')
    expect(words).toContain('$$(')
    expect(words.replaceAll('$$', '')).not.toContain('$')
    expect(container.command.slice(0, 2)).toEqual(['/usr/bin/env', '-i'])
    expect(container.args.slice(-2)).toEqual(['/workspace', '/skills/a'])
  })

  it('is bound to a node, and to a profile of its own, where they are named', () => {
    const { affinity, securityContext } = callJob({ ...plan, node: 'n1', seccompProfile: 'p.json' }).spec
      .template.spec
    expect(JSON.stringify(affinity)).toContain('{"key":"metadata.name","operator":"In","values":["n1"]}')
    expect(securityContext.seccompProfile).toEqual({ type: 'Localhost', localhostProfile: 'p.json' })
    expect(pod).not.toHaveProperty('affinity')
  })
})
