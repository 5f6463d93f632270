import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'

/** Requests that may wait; more are refused at once. */
const LONGEST_QUEUE = 256
/** A request takes some hundred milliseconds, the first one half a second more; a thread that is silent for so long hangs. */
const SILENCE_MS = 20_000
/** A thread that ended is not started again sooner, so that a model which cannot run costs nothing but this. */
const PAUSE_AFTER_END_MS = 5_000

interface Request {
  resolve(vectors: Float32Array[]): void
  reject(error: Error): void
}

type Answer = { id: number; vectors: Float32Array[] } | { id: number; error: string }

/**
 * The thread that runs the sentence model. It is started by the first request and again after its end, and keeps the process alive
 * only while a request waits.
 */
export class SentenceThread {
  private worker: Worker | undefined
  private endedAt = -Infinity
  private endedBecause = ''
  private nextId = 0
  private readonly waiting = new Map<number, Request>()
  private watchdog: NodeJS.Timeout | undefined

  constructor(
    private readonly file = new URL(`./sentence.worker${extname(import.meta.filename)}`, import.meta.url),
  ) {}

  /** @throws Error when too many requests wait, or when the thread ended before it answered. */
  embed(texts: readonly string[]): Promise<Float32Array[]> {
    if (this.waiting.size >= LONGEST_QUEUE) {
      return Promise.reject(new Error(`the sentence model is busy with ${LONGEST_QUEUE} requests`))
    }
    const restsMs = this.endedAt + PAUSE_AFTER_END_MS - performance.now()
    if (this.worker === undefined && restsMs > 0) return Promise.reject(new Error(this.endedBecause))
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
    const worker = new Worker(this.file, { env: {}, argv: [], execArgv: [] })
    worker.on('message', (answer: Answer) => this.settle(worker, answer))
    worker.on('error', (error) => this.end(worker, `the sentence model failed: ${error.message}`))
    worker.on('exit', (code) => this.end(worker, `the thread of the sentence model ended with code ${code}`))
    return worker
  }

  private settle(worker: Worker, answer: Answer): void {
    const request = this.waiting.get(answer.id)
    this.waiting.delete(answer.id)
    clearTimeout(this.watchdog)
    this.watchdog = this.waiting.size > 0 ? this.watch(worker) : undefined
    if (this.waiting.size === 0) worker.unref()
    if ('vectors' in answer) request?.resolve(answer.vectors)
    else request?.reject(new Error(`the sentence model failed: ${answer.error}`))
  }

  private watch(worker: Worker): NodeJS.Timeout {
    return setTimeout(() => {
      this.end(worker, `the sentence model was silent for ${SILENCE_MS / 1000} s`)
      void worker.terminate()
    }, SILENCE_MS).unref()
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
