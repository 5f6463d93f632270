// Node runs no decorators, so the sources come through Vite, as in the tests themselves.
import 'reflect-metadata'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

const ordered = once(process, 'message')
const conditions = ['@guildhall/source']
const { module } = await runnerImport(
  fileURLToPath(new URL('./executor.child.fixture.ts', import.meta.url)),
  {
    configFile: false,
    resolve: { conditions, externalConditions: conditions },
    ssr: { resolve: { conditions } },
  },
)
const [orders] = await ordered
await module.workAsChild(orders)
