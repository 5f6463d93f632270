import type { RerankCandidate, Reranker } from './matcher.js'

export type Reranked = { order: readonly string[] } | { failure: string }

/** The candidates' ids in the reranker's order: the same ids, each once. A failure when it fails or answers with anything else. */
export const rerank = async (
  reranker: Reranker,
  task: string,
  candidates: readonly RerankCandidate[],
): Promise<Reranked> => {
  const offered = candidates.map(({ id }) => id)
  try {
    const answer: unknown = await reranker.rerank(task, candidates)
    if (!Array.isArray(answer)) return { failure: 'the reranker did not answer with a list' }
    const named = [...new Set(answer as readonly unknown[])]
    if (named.length === 0 || !named.every((id) => offered.includes(id as string))) {
      return { failure: 'the reranker named skills that it was not offered' }
    }
    return { order: [...(named as string[]), ...offered.filter((id) => !named.includes(id))] }
  } catch (error) {
    return { failure: `the reranker failed: ${error instanceof Error ? error.message : String(error)}` }
  }
}
