import { isLeftBehind } from '../watch/owner-mark.js'
import { ownerLabel } from './container.body.js'
import type { ContainerEngine } from './container.engine.js'

/**
 * Ends and removes the containers of processes of this machine that were killed meanwhile.
 *
 * @returns how many
 */
export async function sweepContainers(engine: ContainerEngine): Promise<number> {
  const all = await engine.labelled(ownerLabel)
  const left = [...all].filter(([, owner]) => isLeftBehind(owner, ''))
  for (const [id] of left) await engine.remove(id)
  return left.length
}
