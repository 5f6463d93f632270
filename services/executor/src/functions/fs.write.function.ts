import type { FunctionDefinition } from './function.definition.js'
import { sandboxPath } from './sandbox.path.js'

export const fsWrite: FunctionDefinition<{ path: string; content: string }> = {
  name: 'fs.write',
  description:
    'Writes a file, replacing what it held; parent folders are made. Paths as with fs.read; /mnt only where writable.',
  parameters: {
    type: 'object',
    properties: { path: { type: 'string', minLength: 1 }, content: { type: 'string' } },
    required: ['path', 'content'],
    additionalProperties: false,
  },
  repeatable: false,
  tier: 'allow',
  command: ({ path, content }) => {
    const file = sandboxPath(path)
    return {
      argv: ['bash', '-c', 'mkdir -p -- "$(dirname -- "$1")" && cat > "$1"', 'bash', file],
      stdin: content,
      inSession: async (session) => {
        await session.do('write', { path: file, contentBase64: Buffer.from(content).toString('base64') })
        return ''
      },
    }
  },
}
