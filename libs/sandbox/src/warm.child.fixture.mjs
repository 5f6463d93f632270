// A process that holds a warm sandbox and a file session, to be killed. The sources come through Vite, as in the tests.
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const ordered = once(process, 'message')
const sources = await createServer({
  configFile: false,
  root: fileURLToPath(new URL('..', import.meta.url)),
  appType: 'custom',
  logLevel: 'error',
  optimizeDeps: { noDiscovery: true },
  server: { middlewareMode: true, hmr: false, ws: false, watch: null },
})
const { createBubblewrapSandbox, defaultLimits, FileSession } = await sources.ssrLoadModule('/src/index.ts')
const [workspace] = await ordered
const sandbox = createBubblewrapSandbox()
const surroundings = { workspace, mounts: [], limits: defaultLimits }
await new FileSession(sandbox, surroundings).do('stat', { path: '/workspace' })
await sandbox.warmUp(surroundings)
process.send?.('ready')
