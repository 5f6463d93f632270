import { Environment } from '@guildhall/service-defaults'
import { describe, expect, it } from 'vitest'
import { readSkillRegistryConfig } from './skill-registry.config.js'

const read = (values: Record<string, string>) => readSkillRegistryConfig(new Environment(values))

describe('the settings of the registry', () => {
  it('send nothing anywhere by default', () => {
    expect(read({})).toMatchObject({
      matchThreshold: 0.5,
      usesEmbedder: true,
      hasModelAgents: false,
      embeddingModel: undefined,
      rerankModel: undefined,
      draftModel: undefined,
    })
    const withKey = read({ OPENAI_API_KEY: 'k' })
    expect(withKey).toMatchObject({ hasModelAgents: true, embeddingModel: undefined, draftModel: undefined })
  })

  it('name one endpoint for every model', () => {
    const settings = { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1', GUILDHALL_RERANK_MODEL: 'r' }
    expect(read(settings).rerankModel).toEqual({ baseUrl: 'http://127.0.0.1:1/v1', model: 'r' })
    expect(() => read({ GUILDHALL_DRAFT_MODEL: 'd' })).toThrow(/GUILDHALL_DRAFT_MODEL needs OPENAI_BASE_URL/)
  })

  it('are refused when they make no sense', () => {
    expect(() => read({ GUILDHALL_MATCH_THRESHOLD: '1.5' })).toThrow(/from 0 to 1/)
    expect(() => read({ GUILDHALL_EMBEDDER: 'yes' })).toThrow(/on or off/)
  })
})
