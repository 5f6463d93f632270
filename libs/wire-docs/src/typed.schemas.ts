import { join } from 'node:path'
import { createGenerator } from 'ts-json-schema-generator'
import type { Definitions } from './json.schema.js'

const sources = 'libs/{contracts/src/index,redis-streams/src/client.streams,redis-streams/src/dead.letter}.ts'

/**
 * What the TypeScript sources say of the types and of all exported types that they name: properties, which of them are
 * required, and the doc comments.
 * @throws Error when there is no exported type of a name.
 */
export function readTypedSchemas(root: string, names: readonly string[]): Definitions {
  const generator = createGenerator({
    path: join(root, sources),
    tsconfig: join(root, 'libs/redis-streams/tsconfig.json'),
    expose: 'export',
    jsDoc: 'extended',
    // Who may say more is decided by who checks it, which no type tells.
    additionalProperties: true,
    sortProps: false,
    // The build has done it.
    skipTypeCheck: true,
  })
  const definitions: Definitions = {}
  for (const name of names) Object.assign(definitions, generator.createSchema(name).definitions)
  return definitions
}
