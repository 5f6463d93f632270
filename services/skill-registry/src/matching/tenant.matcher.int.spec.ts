import type { Embedder } from '@guildhall/matching'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  broken,
  completion,
  json,
  type Responder,
  silence,
  TestEndpoint,
  wordVector,
} from '../endpoint.fixture.js'
import type { Catalog, CatalogSkill } from './catalog.js'
import { EndpointEmbedder } from './endpoint.embedder.js'
import { EndpointReranker } from './endpoint.reranker.js'
import { type MatchingTools, TenantMatcher } from './tenant.matcher.js'

const skill = (name: string, description: string): CatalogSkill => ({
  id: `id of ${name}`,
  name,
  description,
  requiredCapabilities: [],
  scripted: true,
  tags: [],
  examples: [description],
  learnt: [],
  body: '',
})
const catalog: Catalog = {
  revision: 1,
  skills: [
    skill('licence-report', 'Reports the licences of installed packages.'),
    skill('package-update', 'Updates installed packages to newer releases.'),
    skill('page-merge', 'Merges the pages of several documents.'),
  ],
  agents: [],
}
const task = 'Report which licences the installed packages have'
/** Stands for the vectors that ship with the product. */
const embedder: Embedder = {
  id: 'words',
  embed: (texts) => Promise.resolve(texts.map((text) => Float32Array.from(wordVector(text)))),
}
const base: MatchingTools = { threshold: 0.5, embedder }

let endpoint: TestEndpoint

beforeEach(async () => {
  endpoint = await TestEndpoint.start()
})
afterEach(() => endpoint.stop())

const idsOf = ({ result }: Awaited<ReturnType<TenantMatcher['match']>>) =>
  result.requirements.ranking.map(({ skillId }) => skillId)

/** The matcher with the vectors of the endpoint ready. */
async function withVectors(): Promise<TenantMatcher> {
  const tools = { ...base, endpointEmbedder: new EndpointEmbedder(endpoint.model()) }
  const matcher = new TenantMatcher(catalog, tools)
  await expect.poll(async () => (await matcher.match('warm up', [])).degraded).toBeUndefined()
  return matcher
}

async function timed(matcher: TenantMatcher) {
  const began = performance.now()
  const answer = await matcher.match(task, [])
  return { answer, tookMs: performance.now() - began }
}

describe('a tenant’s matcher with an endpoint', () => {
  it('answers by its vectors once they are there, and says why not before', async () => {
    const matcher = new TenantMatcher(catalog, {
      ...base,
      endpointEmbedder: new EndpointEmbedder(endpoint.model()),
    })
    expect(await matcher.match(task, [])).toMatchObject({
      source: 'embedded',
      degraded: 'the vectors of the endpoint are being made',
    })
    const source = async () => (await matcher.match(task, [])).source
    await expect.poll(source, { timeout: 10_000 }).toBe('endpoint')
    await matcher.follow({ ...catalog, revision: 2, skills: catalog.skills.slice(1) })
    expect(idsOf(await matcher.match(task, []))).not.toContain('licence-report')
  })

  it.each<[string, Responder]>([
    ['is down', json({ error: { message: 'no' } }, 503)],
    ['is malformed', broken],
    ['is silent', silence],
  ])('gives the embedded answer within 3.5 s when the endpoint %s', async (_, responder) => {
    const own = await new TenantMatcher(catalog, base).match(task, [])
    const matcher = await withVectors()
    endpoint.embeddings = responder
    const { answer, tookMs } = await timed(matcher)
    expect(tookMs).toBeLessThan(3_500)
    expect(answer.source).toBe('embedded')
    expect(answer.degraded).toEqual(expect.any(String))
    expect(answer.result.requirements.ranking).toEqual(own.result.requirements.ranking)
  })

  it('takes an order of the candidates and no other ids', async () => {
    const tools = { ...base, reranker: new EndpointReranker(endpoint.model()) }
    const own = idsOf(await new TenantMatcher(catalog, base).match(task, []))
    expect(own.length).toBeGreaterThan(1)
    const matcher = new TenantMatcher(catalog, tools)

    endpoint.chat = completion({ order: [2, 1] })
    const reranked = await matcher.match(task, [])
    expect(reranked).toMatchObject({ source: 'endpoint' })
    expect(idsOf(reranked).slice(0, 2)).toEqual([own[1], own[0]])

    endpoint.chat = completion({ order: [1, 99] })
    const invented = await matcher.match(task, [])
    expect(invented.degraded).toMatch(/not offered/)
    expect(invented.source).toBe('embedded')
    expect(idsOf(invented)).toEqual(own)
  })
})
