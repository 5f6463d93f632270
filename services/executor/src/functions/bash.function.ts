import type { FunctionDefinition } from './function.definition.js'

type Scalar = string | number | boolean

interface BashArguments {
  command: string
  args?: Scalar[]
  env?: Record<string, Scalar>
  stdin?: string
  timeoutMs?: number
}

const scalar = { type: ['string', 'number', 'boolean'] }

export const bash: FunctionDefinition<BashArguments> = {
  name: 'bash',
  description:
    'Runs a bash script in /workspace, without network but for HTTP to hosts that the task may reach. Task folders lie below /mnt, input files in /workspace/inputs; ' +
    'what is to be kept goes to /workspace/artifacts. Values belong in args ("$1", "$2") or env, not into the script.',
  parameters: {
    type: 'object',
    properties: {
      command: { type: 'string', minLength: 1, description: 'The script.' },
      args: { type: 'array', items: scalar, maxItems: 1000, description: '"$1", "$2" and so on.' },
      env: { type: 'object', additionalProperties: scalar, description: 'Environment variables.' },
      stdin: { type: 'string' },
      timeoutMs: { type: 'integer', minimum: 1, maximum: 86_400_000, description: 'Default 60000.' },
    },
    required: ['command'],
    additionalProperties: false,
  },
  repeatable: false,
  tier: 'allow',
  command: ({ command, args = [], env = {}, stdin, timeoutMs }) => ({
    argv: ['bash', '-c', command, 'bash', ...args.map(String)],
    network: true,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
    ...(stdin !== undefined && { stdin }),
    ...(timeoutMs !== undefined && { wallMs: timeoutMs }),
  }),
}
