// Node runs no decorators, so the sources come through Vite, as in the tests themselves.
import 'reflect-metadata'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const ordered = once(process, 'message')
const conditions = ['@guildhall/source']
const sources = await createServer({
  configFile: false,
  root: fileURLToPath(new URL('..', import.meta.url)),
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
  ssr: { resolve: { conditions } },
})
const { workAsChild } = await sources.ssrLoadModule('/src/executor.child.fixture.ts')
const [orders] = await ordered
await workAsChild(orders)
