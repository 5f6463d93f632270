import type { AgentGrants, Budget, Rights } from '@guildhall/contracts'
import { duration, listed, wrap } from './terminal/text.js'

type Pair = [name: string, value: string | undefined]

/** What may be called, mounted, reached and spent; a dash for what may not be at all. */
export function rightsPairs(rights: Rights): Pair[] {
  return [['may call', wrap(listed(rights.functions), 84).join('\n')], ...grantsPairs(rights)]
}

/** The same without functions; what is absent is left out. */
export function grantsPairs({ mounts, hosts, budget }: AgentGrants): Pair[] {
  const folders = mounts?.map(({ source, mode }) => `${source} (${mode})`)
  return [
    ['may mount', folders && wrap(listed(folders), 84).join('\n')],
    ['may reach', hosts && wrap(listed(hosts), 84).join('\n')],
    ['may spend', budget && spending(budget)],
  ]
}

function spending({ tokens, costUsd, modelCalls, calls, wallMs }: Budget): string {
  const amounts = [
    tokens !== undefined && `${tokens} tokens`,
    costUsd !== undefined && `${costUsd} USD`,
    modelCalls !== undefined && `${modelCalls} requests to models`,
    calls !== undefined && `${calls} calls`,
    wallMs !== undefined && duration(wallMs),
  ].filter((amount) => amount !== false)
  return amounts.length > 0 ? `${amounts.join(', ')} a run` : 'without a bound of its own'
}
