import {
  type AgentGrants,
  allRights,
  type FunctionName,
  grantedRights,
  narrowRights,
  type Rights,
} from '@guildhall/contracts'

/** Functions that need no folder. */
const withoutFolders: readonly FunctionName[] = ['http.fetch', 'ask.person']
/** The functions by which a skill says that it needs the network; a shell alone does not. */
const reaching: readonly FunctionName[] = ['http.fetch']

/**
 * What a proposed agent may mount and reach: what its requester holds, as far as its functions have a use for it. Of
 * amounts it gets none of its own: each of its runs is bounded by its task's.
 */
export function proposedGrants(functions: readonly FunctionName[], requesters: Rights): AgentGrants {
  const needsFolders = functions.some((name) => !withoutFolders.includes(name))
  const needsHosts = functions.some((name) => reaching.includes(name))
  const needed = grantedRights({
    mounts: needsFolders ? allRights.mounts : [],
    hosts: needsHosts ? allRights.hosts : [],
  })
  const { mounts, hosts } = narrowRights(requesters, needed).granted
  return { mounts, hosts }
}
