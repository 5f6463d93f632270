import type { ModelEndpoint } from '@guildhall/models'

/**
 * The endpoints in the order in which an agent's model wants them: those that have the model first; where none has, the
 * most preferred one is asked for it.
 */
export function chooseEndpoints(
  endpoints: readonly ModelEndpoint[],
  model: string | undefined,
): ModelEndpoint[] {
  const [first, ...others] = endpoints
  if (model === undefined || !first) return [...endpoints]
  const having = endpoints.filter((endpoint) => endpoint.model === model)
  if (having.length === 0) return [{ ...first, model }, ...others]
  return [...having, ...endpoints.filter((endpoint) => endpoint.model !== model)]
}
