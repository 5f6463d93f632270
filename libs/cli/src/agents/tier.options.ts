import { type FunctionTier, functionTiers } from '@guildhall/contracts'
import { InvalidArgumentError } from 'commander'
import { collectNames } from '../option.parsing.js'

/** Adds `bash=ask,fs.*=deny`. */
export function collectTiers(
  text: string,
  earlier: Record<string, FunctionTier> = {},
): Record<string, FunctionTier> {
  const named = collectNames(text).map((part) => {
    const [, name, word] = /^([^=]+)=(\w+)$/.exec(part) ?? []
    const tier = functionTiers.find((one) => one === word)
    if (name === undefined || !tier) throw new InvalidArgumentError('Use bash=ask,http.fetch=deny.')
    return [name, tier] as const
  })
  return { ...earlier, ...Object.fromEntries(named) }
}
