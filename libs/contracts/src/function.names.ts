/** The built-in functions an agent may call, each in a sandboxed process of its own. */
export const functionNames = [
  'bash',
  'fs.read',
  'fs.write',
  'fs.edit',
  'fs.list',
  'fs.search',
  'fs.stat',
  'http.fetch',
  'ask.person',
] as const
export type FunctionName = (typeof functionNames)[number]
