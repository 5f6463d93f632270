import type { FunctionDefinition } from './function.definition.js'
import { sandboxPath } from './sandbox.path.js'

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
  command: ({ path = '.', recursive = false }) => ({
    argv: [
      'find',
      sandboxPath(path),
      '-mindepth',
      '1',
      ...(recursive ? [] : ['-maxdepth', '1']),
      '-printf',
      '%y %s %P\\n',
    ],
  }),
}
