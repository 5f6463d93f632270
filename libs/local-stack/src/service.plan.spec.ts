import { serviceNames } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'

import { planService, type ServicePlanInput } from './service.plan.js'
import { stateDirAt } from './state.dir.js'

const secret = 'sk-secret'
const input: ServicePlanInput = {
  service: 'router',
  root: '/checkout',
  dir: stateDirAt('/checkout/.guildhall'),
  ambient: {
    path: '/usr/bin:/usr/sbin',
    home: '/home/ada',
    temporaryDir: '/tmp',
    servers: 'native',
    otlpEndpoint: undefined,
    model: { OPENAI_API_KEY: secret },
    isolation: { GUILDHALL_ISOLATION: 'process' },
    registryModel: { GUILDHALL_MODEL_AGENTS: 'on' },
    docker: {},
  },
  httpPort: 20_001,
  redisUrl: 'redis://127.0.0.1:20002',
  shards: ['main'],
  mariadbPort: 20_003,
  mountRoots: [{ path: '/checkout', mode: 'ro' }],
  otlpEndpoint: undefined,
  extraEnv: {},
  readyTimeoutMs: 30_000,
}

describe('planService', () => {
  it('gives the key of the model endpoint to the executor alone, and to nobody by argument', () => {
    const plans = serviceNames.map((service) => planService({ ...input, service }))
    const holders = plans.filter((plan) => Object.values(plan.env).includes(secret))
    expect(holders.map((plan) => plan.name)).toEqual(['executor'])
    expect(plans.flatMap((plan) => plan.args).join(' ')).not.toContain(secret)
  })

  it('gives each service password files of its own', () => {
    const files = serviceNames.flatMap((service) => {
      const { env } = planService({ ...input, service })
      return [env['GUILDHALL_REDIS_PASSWORD_FILE'], env['GUILDHALL_MYSQL_PASSWORD_FILE']]
    })
    expect(new Set(files).size).toBe(serviceNames.length * 2)
  })

  it('tells the executor alone how calls are isolated', () => {
    const told = serviceNames.filter(
      (service) => 'GUILDHALL_ISOLATION' in planService({ ...input, service }).env,
    )
    expect(told).toEqual(['executor'])
  })

  it('tells the list of clients to the router alone', () => {
    const told = serviceNames.filter(
      (service) => 'GUILDHALL_CLIENTS_FILE' in planService({ ...input, service }).env,
    )
    expect(told).toEqual(['router'])
  })

  it('lets the one person who runs it answer what that person’s own tasks ask', () => {
    const { env } = planService({ ...input, service: 'task-scheduler' })
    expect(env).toMatchObject({ GUILDHALL_APPROVAL_REQUESTER_MAY_ANSWER: 'true' })
  })

  it('forbids the state directory to the executor, whatever may be mounted', () => {
    const { env } = planService({ ...input, service: 'executor' })
    expect(JSON.parse(env['GUILDHALL_PRIVATE_DIRS'] ?? '')).toEqual(['/checkout/.guildhall'])
    expect(JSON.parse(env['GUILDHALL_MOUNT_ROOTS'] ?? '')).toEqual([{ path: '/checkout', mode: 'ro' }])
  })

  it('passes traces on only when somebody takes them', () => {
    const name = 'OTEL_EXPORTER_OTLP_ENDPOINT'
    expect(planService(input).env).not.toHaveProperty(name)
    expect(planService({ ...input, otlpEndpoint: 'http://127.0.0.1:4318' }).env).toHaveProperty(name)
  })

  it('lets a setting of the caller win', () => {
    expect(planService({ ...input, extraEnv: { GUILDHALL_LOG_LEVEL: 'warn' } }).env).toMatchObject({
      GUILDHALL_LOG_LEVEL: 'warn',
    })
  })
})
