import type { CallToolResult, ContentBlock } from '@modelcontextprotocol/client'
import { cutOutput, type FunctionOutcome } from '../function.outcome.js'

/** What a tool answered: its structured result as JSON, else its texts; an error on stderr. */
export function outcomeOfTool(result: CallToolResult): Omit<FunctionOutcome, 'tookMs'> {
  const { content, structuredContent, isError = false } = result
  const text =
    structuredContent === undefined || isError
      ? content.map(textOf).join('\n')
      : JSON.stringify(structuredContent)
  const { text: shown, isCut } = cutOutput(text.toWellFormed())
  return {
    ending: 'exited',
    exitCode: isError ? 1 : 0,
    stdout: isError ? '' : shown,
    stderr: isError ? shown : '',
    truncated: isCut,
  }
}

function textOf(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text
    case 'image':
    case 'audio':
      return leftOut(block.mimeType, block.data)
    case 'resource_link':
      return `[${block.uri}]`
    case 'resource':
      return 'text' in block.resource
        ? block.resource.text
        : leftOut(block.resource.mimeType ?? 'bytes', block.resource.blob)
  }
}

function leftOut(kind: string, base64: string): string {
  return `[${kind}, ${Math.floor((base64.length * 3) / 4)} bytes: left out]`
}
