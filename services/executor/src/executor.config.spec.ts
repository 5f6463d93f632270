import { Environment } from '@guildhall/service-defaults'
import { describe, expect, it } from 'vitest'
import { readExecutorConfig, usualConcurrency } from './executor.config.js'

const read = (values: Record<string, string>) =>
  readExecutorConfig(new Environment({ GUILDHALL_EXECUTOR_DIR: '/var/x', ...values }))

describe('executor configuration', () => {
  it('allows no folder and has no model unless told', () => {
    expect(read({})).toMatchObject({
      dir: '/var/x',
      mountRoots: [],
      privateDirs: [],
      functionSecretsDir: undefined,
      models: { endpoints: [], pricesFile: undefined, runBudget: {}, longConversations: 'summarise' },
      drainMs: 6_000,
    })
    expect(read({}).isolation).toEqual({ kind: 'bubblewrap' })
  })

  it('has as many runs at once as processors and memory carry', () => {
    expect(usualConcurrency(8, 64 * 2 ** 30)).toBe(8)
    expect(usualConcurrency(1, 64 * 2 ** 30)).toBe(2)
    expect(usualConcurrency(16, 4 * 2 ** 30)).toBe(4)
    expect(usualConcurrency(2, 2 ** 29)).toBe(1)
  })

  it('isolates nothing only where an operator names it, and not in production', () => {
    expect(read({ GUILDHALL_ISOLATION: 'process' }).isolation).toEqual({ kind: 'process' })
    expect(() => read({ GUILDHALL_ISOLATION: 'process', NODE_ENV: 'production' })).toThrow(
      'refused in production',
    )
  })

  it('takes addresses that runs may reach although they are not public', () => {
    const allowed = [{ range: '10.1.0.0/16', ports: [443] }, { range: 'fd00::1' }]
    expect(read({}).egressAddresses).toEqual([])
    expect(read({ GUILDHALL_EGRESS_ADDRESSES: JSON.stringify(allowed) }).egressAddresses).toEqual(allowed)
  })

  it('takes a model endpoint by key or by address', () => {
    expect(read({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }).models.endpoints).toEqual([
      { model: 'gpt-4.1-mini', baseUrl: 'http://127.0.0.1:1/v1' },
    ])
    expect(read({ OPENAI_API_KEY: 'k', GUILDHALL_MODEL: 'm' }).models.endpoints).toEqual([
      { model: 'm', apiKey: 'k' },
    ])
  })

  it('takes a list of endpoints, whose keys stand in variables of their own', () => {
    const models = [
      { model: 'a', apiKeyVariable: 'GUILDHALL_MODEL_KEY_A', timeoutMs: 5 },
      { model: 'b', baseUrl: 'http://127.0.0.1:1/v1' },
    ]
    const values = {
      GUILDHALL_MODELS: JSON.stringify(models),
      GUILDHALL_MODEL_KEY_A: 'k',
      OPENAI_API_KEY: 'unused',
    }
    expect(
      read({ ...values, GUILDHALL_RUN_BUDGET: '{"costUsd":0.5}', GUILDHALL_LONG_CONVERSATIONS: 'leave-out' })
        .models,
    ).toMatchObject({
      endpoints: [
        { model: 'a', apiKey: 'k', timeoutMs: 5 },
        { model: 'b', baseUrl: 'http://127.0.0.1:1/v1' },
      ],
      runBudget: { costUsd: 0.5 },
      longConversations: 'leave-out',
    })
  })

  it.each([
    { GUILDHALL_MODELS: '[]' },
    { GUILDHALL_MODELS: '[{"baseUrl":"http://127.0.0.1"}]' },
    { GUILDHALL_MODELS: '[{"model":"a","apiKey":"k"}]' },
    { GUILDHALL_MODELS: '[{"model":"a","speed":1}]' },
    { GUILDHALL_MODELS: '[{"model":"a","apiKeyVariable":"HOME"}]' },
    { GUILDHALL_MODELS: '[{"model":"a","apiKeyVariable":"GUILDHALL_MODEL_KEY_A"}]' },
    { GUILDHALL_MODEL_PRICES: '/nowhere/prices.json' },
    { GUILDHALL_RUN_BUDGET: '{"tokens":-1}' },
    { GUILDHALL_RUN_BUDGET: '{"coins":1}' },
    { GUILDHALL_LONG_CONVERSATIONS: 'forget' },
    { GUILDHALL_MOUNT_ROOTS: '[{"path":"relative","mode":"ro"}]' },
    { GUILDHALL_MOUNT_ROOTS: '[{"path":"/a","mode":"yes"}]' },
    { GUILDHALL_EGRESS_ADDRESSES: '{}' },
    { GUILDHALL_EGRESS_ADDRESSES: '["10.0.0.1"]' },
    { GUILDHALL_EGRESS_ADDRESSES: '[{"range":"10.0.0.0/33"}]' },
    { GUILDHALL_EGRESS_ADDRESSES: '[{"range":"example.com"}]' },
    { GUILDHALL_EGRESS_ADDRESSES: '[{"range":"10.0.0.1","ports":[0]}]' },
    { GUILDHALL_EGRESS_ADDRESSES: '[{"range":"10.0.0.1","port":443}]' },
    { GUILDHALL_MOUNT_ROOTS: '{' },
    { GUILDHALL_PRIVATE_DIRS: '["relative"]' },
    { GUILDHALL_EXECUTOR_DIR: 'relative' },
    { GUILDHALL_EXECUTOR_CONCURRENCY: '0' },
    { GUILDHALL_ISOLATION: 'none' },
  ])('refuses %j', (values) => {
    expect(() => read(values)).toThrow(expect.objectContaining({ name: 'SettingError' }))
  })
})
