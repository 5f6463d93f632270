import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

export interface SentenceThreadOptions {
  /** The program of the thread. */
  file: URL
  /** Requests that may wait; more are refused at once. */
  longestQueue: number
  /** A request takes some hundred milliseconds, the first one half a second more; a thread that is silent for so long hangs. */
  silenceMs: number
  /** A thread that ended is not started again sooner, so that a model which cannot run costs nothing but this. */
  pauseAfterEndMs: number
}

const defaults: SentenceThreadOptions = {
  file: new URL(`./sentence.worker${extname(import.meta.filename)}`, import.meta.url),
  longestQueue: 256,
  silenceMs: 20_000,
  pauseAfterEndMs: 5_000,
}

interface Request {
  resolve: (vectors: Float32Array[]) => void
  reject: (error: Error) => void
}

type Answer = { id: number; vectors: Float32Array[] } | { id: number; error: string }

/**
 * The thread that runs the sentence model. It is started by the first request and again after its end, and keeps the process alive
 * only while a request waits.
 */
export class SentenceThread {
  private readonly options: SentenceThreadOptions
  private worker: Worker | undefined
  private endedAt = -Infinity
  private endedBecause = ''
  private nextId = 0
  private readonly waiting = new Map<number, Request>()
  private watchdog: NodeJS.Timeout | undefined

  constructor(options: Partial<SentenceThreadOptions> = {}) {
    this.options = { ...defaults, ...options }
  }

  /** @throws Error when too many requests wait, or when the thread ended before it answered. */
  embed(texts: readonly string[]): Promise<Float32Array[]> {
    const { longestQueue, pauseAfterEndMs } = this.options
    if (this.waiting.size >= longestQueue) {
      return Promise.reject(new Error(`the sentence model is busy with ${longestQueue} requests`))
    }
    const rests = performance.now() < this.endedAt + pauseAfterEndMs
    if (this.worker === undefined && rests) return Promise.reject(new Error(this.endedBecause))
    const worker = (this.worker ??= this.start())
    return new Promise((resolve, reject) => {
      const id = this.nextId++
      this.waiting.set(id, { resolve, reject })
      worker.ref()
      this.watchdog ??= this.watch(worker)
      worker.postMessage({ id, texts })
    })
  }

  private start(): Worker {
    // Neither the environment nor the arguments of the process: the model needs no setting, and no secret.
    const worker = new Worker(this.options.file, { env: {}, argv: [], execArgv: [] })
    worker.on('message', (answer: Answer) => this.settle(worker, answer))
    worker.on('error', (error: Error) => this.end(worker, `the sentence model failed: ${error.message}`))
    worker.on('exit', (code) => this.end(worker, `the thread of the sentence model ended with code ${code}`))
    return worker
  }

  private settle(worker: Worker, answer: Answer): void {
    if (this.worker !== worker) return
    const request = this.waiting.get(answer.id)
    this.waiting.delete(answer.id)
    clearTimeout(this.watchdog)
    this.watchdog = this.waiting.size > 0 ? this.watch(worker) : undefined
    if (this.waiting.size === 0) worker.unref()
    if ('vectors' in answer) request?.resolve(answer.vectors)
    else request?.reject(new Error(`the sentence model failed: ${answer.error}`))
  }

  private watch(worker: Worker): NodeJS.Timeout {
    const { silenceMs } = this.options
    return setTimeout(() => {
      this.end(worker, `the sentence model was silent for ${silenceMs / 1000} s`)
      void worker.terminate()
    }, silenceMs).unref()
  }

  private end(worker: Worker, because: string): void {
    if (this.worker !== worker) return
    this.worker = undefined
    this.endedAt = performance.now()
    this.endedBecause = because
    clearTimeout(this.watchdog)
    this.watchdog = undefined
    const lost = [...this.waiting.values()]
    this.waiting.clear()
    for (const { reject } of lost) reject(new Error(because))
  }
}
