// Stands in for the sentence model: does what the first text says.
import { parentPort } from 'node:worker_threads'

parentPort?.on('message', ({ id, texts }) => {
  const [mood] = texts
  if (mood === 'end') process.exit(7)
  if (mood === 'throw') throw new Error('out of memory')
  if (mood === 'refuse') parentPort?.postMessage({ id, error: 'cannot read this' })
  if (mood === 'answer') parentPort?.postMessage({ id, vectors: texts.map(() => Float32Array.of(1)) })
})
