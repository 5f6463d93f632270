import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { stringify } from 'yaml'
import { asyncApiDocument } from './asyncapi.document.js'
import { readKeyGrammar } from './key.grammar.js'
import { replaceBlocks } from './page.blocks.js'
import { readRedisRights } from './redis.rights.js'
import { streamsPageBlocks } from './streams.page.js'
import { readWireSchemas } from './wire.schemas.js'

/** The rendered files below a checkout, by path. */
export const renderedFiles = { page: 'docs/streams.md', document: 'docs/asyncapi.yaml' } as const

/** The text that each rendered file should have; of the page, what people wrote stays as it is. */
export async function renderWireDocs(root: string): Promise<Map<string, string>> {
  const schemas = readWireSchemas(root)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const document = stringify(asyncApiDocument(schemas, version), { aliasDuplicateObjects: false })
  const page = replaceBlocks(
    readFileSync(join(root, renderedFiles.page), 'utf8'),
    streamsPageBlocks(schemas, readKeyGrammar(root), readRedisRights()),
  )
  return new Map([
    [renderedFiles.page, await formatted(join(root, renderedFiles.page), page)],
    [renderedFiles.document, await formatted(join(root, renderedFiles.document), document)],
  ])
}

async function formatted(filepath: string, text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(filepath)), filepath })
}
