import { type AgentConfig, type AgentView, canonicalDigest } from '@guildhall/contracts'

export interface ConfigDifference {
  field: keyof AgentConfig
  from: unknown
  to: unknown
}

export interface AgentDifferences {
  name: string
  from: number
  to: number
  fields: ConfigDifference[]
}

const comparedFields = [
  'description',
  'prompt',
  'runtime',
  'model',
  'skills',
  'functions',
  'grants',
  'configuration',
] as const satisfies readonly (keyof AgentConfig)[]

/** What one version of an agent says otherwise than another. */
export function differencesOf(from: AgentView, to: AgentView): AgentDifferences {
  const fields = comparedFields.flatMap((field) => {
    const [was, is] = [from.config[field] ?? null, to.config[field] ?? null]
    // Whatever the order of names in objects: a database may hand them back in another one.
    return canonicalDigest({ value: was }) === canonicalDigest({ value: is })
      ? []
      : [{ field, from: was, to: is }]
  })
  return { name: to.name, from: from.version, to: to.version, fields }
}
