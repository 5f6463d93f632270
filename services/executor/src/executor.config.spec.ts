import { Environment } from '@guildhall/service-defaults'
import { describe, expect, it } from 'vitest'
import { readExecutorConfig } from './executor.config.js'

const read = (values: Record<string, string>) =>
  readExecutorConfig(new Environment({ GUILDHALL_EXECUTOR_DIR: '/var/x', ...values }))

describe('executor configuration', () => {
  it('allows no folder and has no model unless told', () => {
    expect(read({})).toMatchObject({
      dir: '/var/x',
      mountRoots: [],
      privateDirs: [],
      model: undefined,
      drainMs: 6_000,
    })
    expect(read({}).concurrency).toBeGreaterThanOrEqual(2)
  })

  it('takes a model endpoint by key or by address', () => {
    expect(read({ OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' }).model).toEqual({
      model: 'gpt-4.1-mini',
      baseUrl: 'http://127.0.0.1:1/v1',
    })
    expect(read({ OPENAI_API_KEY: 'k', GUILDHALL_MODEL: 'm' }).model).toEqual({ model: 'm', apiKey: 'k' })
  })

  it.each([
    { GUILDHALL_MOUNT_ROOTS: '[{"path":"relative","mode":"ro"}]' },
    { GUILDHALL_MOUNT_ROOTS: '[{"path":"/a","mode":"yes"}]' },
    { GUILDHALL_MOUNT_ROOTS: '{' },
    { GUILDHALL_PRIVATE_DIRS: '["relative"]' },
    { GUILDHALL_EXECUTOR_DIR: 'relative' },
    { GUILDHALL_EXECUTOR_CONCURRENCY: '0' },
  ])('refuses %j', (values) => {
    expect(() => read(values)).toThrow(expect.objectContaining({ name: 'SettingError' }))
  })
})
