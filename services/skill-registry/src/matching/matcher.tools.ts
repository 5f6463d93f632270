import { createSentenceEmbedder } from '@guildhall/matching'
import type { SkillRegistryConfig } from '../skill-registry.config.js'
import { EndpointEmbedder } from './endpoint.embedder.js'
import { EndpointReranker } from './endpoint.reranker.js'
import type { MatchingTools } from './tenant.matcher.js'

/** What the settings give the matchers of every tenant; nothing is loaded or asked before the first task. */
export function matchingTools(config: SkillRegistryConfig): MatchingTools {
  const { matchThreshold: threshold, usesEmbedder, embeddingModel, rerankModel } = config
  const embedder = usesEmbedder ? createSentenceEmbedder() : undefined
  return {
    threshold,
    ...(embedder && { embedder }),
    ...(rerankModel && { reranker: new EndpointReranker(rerankModel) }),
    ...(embeddingModel && { endpointEmbedder: new EndpointEmbedder(embeddingModel) }),
  }
}
