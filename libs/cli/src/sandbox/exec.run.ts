import {
  createSandbox,
  defaultLimits,
  InvalidMountError,
  InvalidRequestError,
  type Isolation,
  type SandboxRequest,
  type SandboxResult,
  SandboxUnavailableError,
} from '@guildhall/sandbox'
import type { CommandSession } from '../command.session.js'
import { FailedError } from '../exit.codes.js'
import type { Output } from '../terminal/output.js'
import { exitStatusOf, sandboxFailedExit } from './exec.ending.js'
import { execEnvironment } from './exec.environment.js'
import { showSkills, type ShownSkills } from './exec.skills.js'
import { assertNotPrivate, execMounts, lendFolder } from './exec.folders.js'
import type { ExecOptions } from './sandbox.command.js'

const endSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Runs the command with the current folder as its workspace and hands its streams through, as bytes and as they come.
 * @returns the exit status
 */
export async function execInSandbox(
  session: CommandSession,
  options: ExecOptions,
  command: readonly string[],
): Promise<number> {
  const { config, output } = session
  const workspace = process.cwd()
  const { env, leftOut } = execEnvironment(options.env ?? [], options.envFile, process.env)
  for (const sentence of leftOut) output.note(`guildhall: ${sentence}`)
  const cancel = listenForEnd(output)
  let skills: ShownSkills | undefined
  try {
    assertNotPrivate(workspace, config.stateDir)
    const mounts = execMounts(options.mount ?? [], config.stateDir)
    if (options.agent !== undefined) skills = await showSkills(session, options.agent, mounts)
    const request = {
      argv: commandWords(command),
      env,
      workspace,
      protect: options.protect ?? [],
      mounts: [...mounts, ...(skills?.mounts ?? [])],
      limits: { ...defaultLimits, ...options.limit },
      stdin: output.streams.stdin,
      signal: cancel.signal,
    }
    const result = await runLent(workspace, request, config.isolation, output)
    tell(result, output)
    return exitStatusOf(result, cancel.by())
  } catch (error) {
    if (!isSandboxError(error)) throw error
    output.failure(error instanceof FailedError ? error.code : 'sandbox-failed', error.message)
    return sandboxFailedExit
  } finally {
    cancel.close()
    await skills?.remove()
    output.streams.stdin.destroy()
  }
}

async function runLent(
  workspace: string,
  request: SandboxRequest,
  isolation: Isolation,
  output: Output,
): Promise<SandboxResult> {
  const lent = await lendFolder(workspace)
  if (!lent.isWritable)
    output.note(`guildhall: ${workspace} belongs to root; the command cannot create files in it.`)
  try {
    const { stdout, stderr } = output.streams
    const passOn = { stdout, stderr }
    return await createSandbox(isolation, lent.uid).run({
      ...request,
      ...(!output.isJson && { onBytes: (stream, bytes) => void passOn[stream].write(bytes) }),
    })
  } finally {
    await lent.giveBack()
  }
}

/** One word with blanks is a line for bash: `-- 'ls | wc -l'`. */
function commandWords(command: readonly string[]): readonly string[] {
  const [first = ''] = command
  return command.length === 1 && /\s/.test(first.trim()) ? ['bash', '-c', first] : command
}

function tell(result: SandboxResult, output: Output): void {
  const { ending, detail, stdoutBytes: _, stderrBytes: __, ...rest } = result
  if (output.isJson) {
    output.result({ ending, ...(detail !== undefined && { detail }), ...rest }, () => '')
  } else if (ending !== 'exited' && ending !== 'signaled') {
    output.note(`guildhall: ${ending}${detail === undefined ? '' : `: ${detail}`}`)
  }
}

function isSandboxError(error: unknown): error is Error {
  return [SandboxUnavailableError, InvalidMountError, InvalidRequestError, FailedError].some(
    (type) => error instanceof type,
  )
}

/** Ends the command when this one is told to end, or nobody reads its output any more. */
function listenForEnd({ streams }: Output) {
  const controller = new AbortController()
  let by: NodeJS.Signals | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    by ??= signal
    controller.abort()
  }
  const onClosed = (): void => onSignal('SIGPIPE')
  for (const signal of endSignals) process.on(signal, onSignal)
  for (const stream of [streams.stdout, streams.stderr]) stream.on('error', onClosed)
  return {
    signal: controller.signal,
    by: () => by,
    close: () => {
      for (const signal of endSignals) process.off(signal, onSignal)
    },
  }
}
