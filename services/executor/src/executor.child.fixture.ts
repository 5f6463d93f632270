import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'vite'
import type { ChildOrders } from './executor.child.work.fixture.js'
import type { Said } from './executor.fixture.js'
import { until } from './runs/run.fixture.js'

const service = fileURLToPath(new URL('..', import.meta.url))
/** Below the service, so that its packages are found from there. */
const folder = `${service}node_modules/.cache`
const program = `${folder}/executor.child.mjs`

let built: Promise<void> | undefined

/**
 * Puts what the processes run into one file, since Node runs no decorators. Of several processes that run tests each does
 * so once for itself; none finds half a file.
 */
export function buildForChildren(): Promise<void> {
  return (built ??= putIntoOneFile())
}

async function putIntoOneFile(): Promise<void> {
  const entry = `executor.child.${process.pid}.mjs`
  const conditions = ['@guildhall/source']
  await build({
    configFile: false,
    root: service,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { noExternal: [/^@guildhall\//], resolve: { conditions } },
    plugins: [{ name: 'own-places', transform: withOwnPlace }],
    build: {
      ssr: 'src/executor.child.entry.fixture.ts',
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: entry } },
    },
  })
  renameSync(`${folder}/${entry}`, program)
}

/** Modules find the files beside them although they are in another file now. */
function withOwnPlace(code: string, id: string): string | undefined {
  if (!code.includes('import.meta.url')) return undefined
  return code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href))
}

/** An executor in a process of its own, which loads at once and begins when it gets its orders. */
export class ExecutorChild {
  readonly said: Said[] = []
  readonly process: ChildProcess

  constructor() {
    this.process = fork(program, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.process.on('message', (message: Said) => this.said.push(message))
  }

  begin(orders: ChildOrders): void {
    this.process.send(orders)
  }

  /** Resolves when it goes no further with any of these runs. */
  async atStop(...runIds: string[]): Promise<void> {
    const isStopped = (runId: string) =>
      this.said.some(({ type, payload }) => type === 'stopped' && payload['runId'] === runId)
    await until(() => runIds.every(isStopped), 55_000)
  }

  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.process
    if (exitCode !== null || signalCode !== null) return
    const exited = once(this.process, 'exit')
    this.process.kill('SIGKILL')
    await exited
  }
}

export function startChild(orders: ChildOrders): ExecutorChild {
  const child = new ExecutorChild()
  child.begin(orders)
  return child
}
