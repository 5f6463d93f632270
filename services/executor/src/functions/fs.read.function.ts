import type { FunctionDefinition } from './function.definition.js'
import { outputLimitBytes } from './function.outcome.js'
import { sandboxPath } from './sandbox.path.js'

export const fsRead: FunctionDefinition<{ path: string; maxBytes?: number }> = {
  name: 'fs.read',
  description:
    'Reads a file, as UTF-8 text. Paths are relative to /workspace, or absolute below /workspace, /mnt, /skills.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1 },
      maxBytes: { type: 'integer', minimum: 1, maximum: outputLimitBytes, description: 'Default 262144.' },
    },
    required: ['path'],
    additionalProperties: false,
  },
  repeatable: true,
  tier: 'allow',
  command: ({ path, maxBytes = outputLimitBytes }) => {
    const file = sandboxPath(path)
    return {
      argv: ['head', '-c', String(maxBytes), '--', file],
      inSession: async (session) => {
        const { contentBase64 } = await session.do('read', { path: file, maxBytes })
        return Buffer.from(contentBase64, 'base64').toString('utf8')
      },
    }
  },
}
