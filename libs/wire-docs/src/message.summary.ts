import type { MessageDefinition } from '@guildhall/contracts'
import { topology } from '@guildhall/contracts'
import type { Definitions } from './json.schema.js'

/**
 * What a message is for, in one or two sentences: the doc comment of its payload class without the types it begins
 * with; without a comment, which request it answers.
 * @throws Error when there is neither.
 */
export function summaryOf(row: MessageDefinition, schemas: Definitions): string {
  const comment = schemas[row.payload.name]?.description?.replace(/^(?:`[\w.-]+`(?:, )?)+: /, '')
  if (comment) return comment.charAt(0).toUpperCase() + comment.slice(1)
  const asked = topology.messages.filter(({ reply }) => reply === row.type).map(({ type }) => `\`${type}\``)
  if (asked.length === 0) throw new Error(`${row.payload.name} needs a doc comment: it describes ${row.type}`)
  return `The answer to ${asked.join(' and ')}.`
}
