const block = /(<!-- rendered: ([\w-]+) -->\n)[\s\S]*?(<!-- \/rendered -->)/g

/**
 * A page with what stands between `<!-- rendered: name -->` and `<!-- /rendered -->` replaced; the rest is a person's.
 * @throws Error when the page has a block that nobody renders, or lacks one that somebody does.
 */
export function replaceBlocks(page: string, blocks: Readonly<Record<string, string>>): string {
  const missing = new Set(Object.keys(blocks))
  const replaced = page.replace(block, (_all, begin: string, name: string, end: string) => {
    const text = blocks[name]
    if (text === undefined) throw new Error(`The page has a block ${name}, which nobody renders`)
    missing.delete(name)
    return `${begin}\n${text}\n\n${end}`
  })
  if (missing.size > 0) throw new Error(`The page lacks the blocks ${[...missing].join(', ')}`)
  return replaced
}
