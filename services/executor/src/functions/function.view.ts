import type { FunctionView } from '@guildhall/contracts'
import { usualLimits } from './custom/custom.manifest.js'
import type { AnyFunction } from './function.registry.js'
import { effectiveTier, type TierSettings } from './tier.policy.js'

/** A function as clients see it, with the tier that this executor's operator gives it. */
export function viewOf(definition: AnyFunction, tiers: TierSettings): FunctionView {
  const {
    name,
    description,
    parameters,
    repeatable,
    result,
    capability,
    secrets,
    limits = usualLimits,
    registered,
  } = definition
  return {
    name,
    description: registered?.described ?? description,
    parameters,
    ...(result && { result }),
    tier: effectiveTier(definition, tiers, {}),
    repeatable,
    limits,
    source: registered?.source ?? 'built-in',
    ...(registered && { version: registered.version, digest: registered.digest }),
    ...(capability !== undefined && { capability }),
    ...(secrets && { secrets: [...new Set(Object.values(secrets))].sort() }),
  }
}
