import type { FileKind } from '@guildhall/sandbox'
import type { FunctionDefinition } from './function.definition.js'
import { sandboxPath } from './sandbox.path.js'

/** Their lines are more than an outcome holds. */
const mostEntries = 50_000
const letters: Readonly<Record<FileKind, string>> = { file: 'f', folder: 'd', link: 'l', other: 'o' }

export const fsList: FunctionDefinition<{ path?: string; recursive?: boolean }> = {
  name: 'fs.list',
  description:
    'Lists a folder: a line per entry with its kind (f file, d folder, l link), size in bytes and path. Default /workspace.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1 },
      recursive: { type: 'boolean', description: 'Default false.' },
    },
    additionalProperties: false,
  },
  repeatable: true,
  tier: 'allow',
  command: ({ path = '.', recursive = false }) => {
    const folder = sandboxPath(path)
    const depth = recursive ? [] : ['-maxdepth', '1']
    return {
      argv: ['find', folder, '-mindepth', '1', ...depth, '-printf', '%y %s %P\\n'],
      inSession: async (session) => {
        const { entries } = await session.do('list', { path: folder, recursive, maxEntries: mostEntries })
        return entries.map((entry) => `${letters[entry.kind]} ${entry.sizeBytes} ${entry.path}\n`).join('')
      },
    }
  },
}
