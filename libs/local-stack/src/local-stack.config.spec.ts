import { describe, expect, it } from 'vitest'
import { ambientConfig } from './local-stack.config.js'

describe('what the local stack takes from its environment for models', () => {
  it('is the endpoints and the keys that they name, and nothing else', () => {
    const { model } = ambientConfig({
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      GUILDHALL_MODELS: '[{"model":"a","apiKeyVariable":"GUILDHALL_MODEL_KEY_A"}]',
      GUILDHALL_MODEL_KEY_A: 'k',
      GUILDHALL_RUN_BUDGET: '',
      GUILDHALL_MODEL_KEYS: 'not one',
      AWS_SECRET_ACCESS_KEY: 'somebody’s',
    })
    expect(Object.keys(model).sort()).toEqual([
      'GUILDHALL_MODELS',
      'GUILDHALL_MODEL_KEY_A',
      'OPENAI_BASE_URL',
    ])
  })

  it('may be a key that stands in a file', () => {
    expect(ambientConfig({ GUILDHALL_MODEL_KEY_A_FILE: '/run/key' }).model).toEqual({
      GUILDHALL_MODEL_KEY_A_FILE: '/run/key',
    })
  })
})
