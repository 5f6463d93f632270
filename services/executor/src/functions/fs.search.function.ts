import type { FunctionDefinition } from './function.definition.js'
import { sandboxPath } from './sandbox.path.js'

interface SearchArguments {
  pattern: string
  path?: string
  regex?: boolean
  ignoreCase?: boolean
  files?: string
  maxMatches?: number
}

// Nothing found is an answer, not a failure.
const script = 'grep "${@:3}" -e "$1" -- "$2" || [ $? -eq 1 ]'

export const fsSearch: FunctionDefinition<SearchArguments> = {
  name: 'fs.search',
  description:
    'Searches text files below a folder, or one file: a line `path:number:text` per line that matches. Default /workspace.',
  parameters: {
    type: 'object',
    properties: {
      pattern: { type: 'string', minLength: 1, maxLength: 4_096, description: 'What a line has to contain.' },
      path: { type: 'string', minLength: 1 },
      regex: {
        type: 'boolean',
        description: 'The pattern is an extended regular expression. Default false.',
      },
      ignoreCase: { type: 'boolean', description: 'Default false.' },
      files: { type: 'string', minLength: 1, description: 'Only files whose names fit: "*.ts".' },
      maxMatches: { type: 'integer', minimum: 1, maximum: 10_000, description: 'Per file. Default 1000.' },
    },
    required: ['pattern'],
    additionalProperties: false,
  },
  repeatable: true,
  tier: 'allow',
  command: ({ pattern, path = '.', regex = false, ignoreCase = false, files, maxMatches = 1_000 }) => ({
    argv: [
      'bash',
      '-c',
      script,
      'bash',
      pattern,
      sandboxPath(path),
      '-rnHI',
      regex ? '-E' : '-F',
      ...(ignoreCase ? ['-i'] : []),
      ...(files === undefined ? [] : [`--include=${files}`]),
      `--max-count=${maxMatches}`,
    ],
  }),
}
