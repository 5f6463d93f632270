import { canonicalDigest } from '@guildhall/contracts'
import { type PinnedTool, reasonNotToPin, toolDigest, type ToolText } from './pinned.tool.js'

const parts = ['description', 'inputSchema', 'outputSchema'] as const

/** What a person is shown of a tool that its server describes otherwise than when it was registered. */
export interface ToolChange {
  /** SHA-256 (hex) of the tool as it is described now, as PinnedTool has it. */
  digest: string
  /** What is not as it was: as it was registered, and as it is now. Null: there is none. */
  differs: { [part in (typeof parts)[number]]?: { registered: unknown; now: unknown } }
}

/**
 * How a tool differs from what was registered.
 * @returns undefined when it does not; a reason when it could not be registered as it is now, so that nobody is to be asked
 */
export function changeOf(
  server: string,
  tool: ToolText,
  pinned: PinnedTool,
): ToolChange | string | undefined {
  const reason = reasonNotToPin(server, tool)
  if (reason !== undefined) return reason
  const digest = toolDigest(tool)
  if (digest === pinned.digest) return undefined
  const differs: ToolChange['differs'] = {}
  for (const part of parts) {
    const [registered, now] = [pinned[part] || null, tool[part] || null]
    if (canonicalDigest({ part: registered }) !== canonicalDigest({ part: now }))
      differs[part] = { registered, now }
  }
  return { digest, differs }
}
