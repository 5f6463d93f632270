import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ambientConfig } from './local-stack.config.js'

const registryModel = (env: Record<string, string>) => ambientConfig(env).registryModel

describe('what the skill registry is told of models', () => {
  it('is nothing without an endpoint, and that agents may have one with it', () => {
    expect(registryModel({})).toEqual({})
    expect(registryModel({ OPENAI_API_KEY: 'k' })).toEqual({ GUILDHALL_MODEL_AGENTS: 'on' })
  })

  it('may be the name of a file that holds the key', () => {
    const env = { OPENAI_API_KEY_FILE: '/run/key', GUILDHALL_DRAFT_MODEL: 'd' }
    expect(registryModel(env)).toEqual({ ...env, GUILDHALL_MODEL_AGENTS: 'on' })
    const files = { OPENAI_API_KEY_FILE: '/run/key', GUILDHALL_MODEL_KEY_A_FILE: '/run/key-a' }
    expect(ambientConfig({ ...files, GUILDHALL_MODEL_KEYS: 'x' }).model).toEqual(files)
    expect(ambientConfig({ OPENAI_API_KEY_FILE: 'key' }).model).toEqual({
      OPENAI_API_KEY_FILE: resolve('key'),
    })
  })

  it('is the endpoint with its key only where a model is named for it', () => {
    const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', GUILDHALL_MODEL: 'm' }
    expect(registryModel(env)).not.toHaveProperty('OPENAI_API_KEY')
    expect(registryModel({ ...env, GUILDHALL_DRAFT_MODEL: 'd' })).toEqual({
      GUILDHALL_MODEL_AGENTS: 'on',
      GUILDHALL_DRAFT_MODEL: 'd',
      OPENAI_API_KEY: 'k',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
    })
  })
})
