import type { ModelEndpoint } from '@guildhall/models'
import { Environment, SettingError } from '@guildhall/service-defaults'

export abstract class SkillRegistryConfig {
  /** Match score from which a skill counts as required and an agent as fit, 0 to 1. */
  abstract readonly matchThreshold: number
  /** How long an agent that was hired for one task stays if nobody says that the task is over. */
  abstract readonly ephemeralTtlMs: number
  /** Whether the embedder that ships with the product is used where it is installed. */
  abstract readonly usesEmbedder: boolean
  /** Whether the executor has a model, so that agents may be proposed whose skills need one. */
  abstract readonly hasModelAgents: boolean
  /** Proposals of one tenant that may wait for an answer at the same time. */
  abstract readonly mostOpenProposals: number
  /** After so long a proposal that nobody closed counts as expired. */
  abstract readonly proposalLifeMs: number
  /** For how long ended proposals and match decisions are kept. */
  abstract readonly retentionMs: number
  /** Whose vectors replace those of the embedder; absent: nobody's. */
  abstract readonly embeddingModel: ModelEndpoint | undefined
  /** Who puts the nearest skills into a better order; absent: nobody. */
  abstract readonly rerankModel: ModelEndpoint | undefined
  /** Who drafts skills that are missing; absent: agents are proposed from registered skills only. */
  abstract readonly draftModel: ModelEndpoint | undefined
}

const dayMs = 24 * 3_600_000

/**
 * GUILDHALL_MATCH_THRESHOLD (default 0.5), GUILDHALL_EPHEMERAL_TTL_MS (24 hours), GUILDHALL_EMBEDDER (on, off; default on), GUILDHALL_MAX_OPEN_PROPOSALS (100),
 * GUILDHALL_PROPOSAL_LIFE_DAYS (30), GUILDHALL_DECISION_RETENTION_DAYS (90).
 *
 * OPENAI_BASE_URL and OPENAI_API_KEY[_FILE] say where models answer. Nothing is sent there unless one of these names a
 * model: GUILDHALL_EMBEDDING_MODEL, GUILDHALL_RERANK_MODEL, GUILDHALL_DRAFT_MODEL.
 *
 * GUILDHALL_MODEL_AGENTS (on, off; default on where OPENAI_BASE_URL or OPENAI_API_KEY is set): whether the executor has a
 * model endpoint. The registry cannot ask it, so whoever runs the services says it.
 * @throws SettingError
 */
export function readSkillRegistryConfig(environment = Environment.fromProcess()): SkillRegistryConfig {
  const apiKey = environment.optionalSecret('OPENAI_API_KEY')
  const baseUrl = environment.optional('OPENAI_BASE_URL')
  const endpoint = { ...(apiKey && { apiKey }), ...(baseUrl && { baseUrl }) }
  const hasEndpoint = Boolean(apiKey ?? baseUrl)
  const modelNamed = (name: string): ModelEndpoint | undefined => {
    const model = environment.optional(name)
    if (model === undefined) return undefined
    if (!hasEndpoint) throw new SettingError(`${name} needs OPENAI_BASE_URL or OPENAI_API_KEY`)
    return { ...endpoint, model }
  }
  return {
    matchThreshold: readThreshold(environment),
    ephemeralTtlMs: environment.integer('GUILDHALL_EPHEMERAL_TTL_MS', dayMs, 1_000),
    usesEmbedder: readSwitch(environment, 'GUILDHALL_EMBEDDER', true),
    hasModelAgents: readSwitch(environment, 'GUILDHALL_MODEL_AGENTS', hasEndpoint),
    mostOpenProposals: environment.integer('GUILDHALL_MAX_OPEN_PROPOSALS', 100, 1),
    proposalLifeMs: environment.integer('GUILDHALL_PROPOSAL_LIFE_DAYS', 30, 1) * dayMs,
    retentionMs: environment.integer('GUILDHALL_DECISION_RETENTION_DAYS', 90, 1) * dayMs,
    embeddingModel: modelNamed('GUILDHALL_EMBEDDING_MODEL'),
    rerankModel: modelNamed('GUILDHALL_RERANK_MODEL'),
    draftModel: modelNamed('GUILDHALL_DRAFT_MODEL'),
  }
}

function readThreshold(environment: Environment): number {
  const text = environment.optional('GUILDHALL_MATCH_THRESHOLD')
  const threshold = text === undefined ? 0.5 : Number(text)
  if (threshold >= 0 && threshold <= 1) return threshold
  throw new SettingError(`GUILDHALL_MATCH_THRESHOLD must be a number from 0 to 1, not '${text ?? ''}'`)
}

function readSwitch(environment: Environment, name: string, fallback: boolean): boolean {
  const text = environment.optional(name)
  if (text === undefined) return fallback
  if (text === 'on' || text === 'off') return text === 'on'
  throw new SettingError(`${name} must be on or off, not '${text}'`)
}
