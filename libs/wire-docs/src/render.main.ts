import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderWireDocs } from './rendering.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
for (const [path, text] of await renderWireDocs(root)) {
  writeFileSync(join(root, path), text)
  process.stdout.write(`${path}\n`)
}
