import type { FunctionDefinition } from './function.definition.js'
import { sandboxPath } from './sandbox.path.js'

export const fsStat: FunctionDefinition<{ path: string }> = {
  name: 'fs.stat',
  description:
    'Says what is at a path: its kind, size in bytes, permissions in octal and time of the last change in seconds since ' +
    '1970. Links are not followed. Paths as with fs.read.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string', minLength: 1 } },
    required: ['path'],
    additionalProperties: false,
  },
  repeatable: true,
  tier: 'allow',
  command: ({ path }) => ({ argv: ['stat', '--printf', '%F\\t%s\\t%a\\t%Y\\n', '--', sandboxPath(path)] }),
}
