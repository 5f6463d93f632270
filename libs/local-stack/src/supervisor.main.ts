import { AlreadyRunningError, StackError } from './stack.error.js'
import { startStack } from './stack.js'
import type { StartRequest, SupervisorReport } from './supervisor.messages.js'

// The supervisor of a stack in the background. It learns over the channel what to start; should whoever asked go away
// before the stack is ready, nobody wants it any more.
let isReady = false

process.once('message', (request: StartRequest) => void supervise(request))
process.once('disconnect', () => {
  if (!isReady) process.kill(process.pid, 'SIGTERM')
})

async function supervise({ settings }: StartRequest): Promise<void> {
  try {
    const stack = await startStack({
      ...settings,
      onProgress: (step, done) => {
        log(`${step}${done ? ': done' : ''}`)
        report({ kind: 'progress', step, isDone: done ?? false })
      },
      onNotice: log,
    })
    stack.onExit((name, exit, restartInMs) =>
      log(`${name} ended (${exit.signal ?? exit.code}) after ${exit.livedMs} ms; again in ${restartInMs} ms`),
    )
    isReady = true
    report({ kind: 'ready', info: stack.info })
    if (process.connected) process.disconnect()
    // Without the channel and between two lives of its processes nothing else would hold this process.
    setInterval(() => {}, 60_000)
  } catch (error) {
    log(error instanceof Error ? (error.stack ?? error.message) : String(error))
    process.exitCode = 1
    report(failureReport(error))
    if (process.connected) process.disconnect()
  }
}

function failureReport(error: unknown): SupervisorReport {
  if (error instanceof AlreadyRunningError) {
    return { kind: 'already-running', pid: error.pid, stateDir: error.stateDir }
  }
  if (error instanceof StackError) {
    return { kind: 'failed', step: error.step, message: error.message, advice: error.advice }
  }
  return { kind: 'failed', step: 'start', message: String(error), advice: 'See supervisor.log.' }
}

function report(message: SupervisorReport): void {
  if (process.connected) process.send?.(message)
}

function log(text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${text}\n`)
}
