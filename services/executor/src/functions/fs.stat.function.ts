import type { FileKind } from '@guildhall/sandbox'
import type { FunctionDefinition } from './function.definition.js'
import { sandboxPath } from './sandbox.path.js'

/** As stat names them. */
const names: Readonly<Record<FileKind, string>> = {
  file: 'regular file',
  folder: 'directory',
  link: 'symbolic link',
  other: 'special file',
}

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
  command: ({ path }) => {
    const file = sandboxPath(path)
    return {
      argv: ['stat', '--printf', '%F\\t%s\\t%a\\t%Y\\n', '--', file],
      inSession: async (session) => {
        const { kind, sizeBytes, mode, modifiedAt } = await session.do('stat', { path: file })
        const name = kind === 'file' && sizeBytes === 0 ? 'regular empty file' : names[kind]
        return `${name}\t${sizeBytes}\t${mode.toString(8)}\t${Math.floor(Date.parse(modifiedAt) / 1_000)}\n`
      },
    }
  },
}
