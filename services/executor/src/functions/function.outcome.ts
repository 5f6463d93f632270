import type { SandboxUse } from '@guildhall/contracts'
import type { SandboxEnding, SandboxLimits, SandboxResult } from '@guildhall/sandbox'
import type { ToolChange } from './mcp/tool.change.js'

/** How a call ended: what the ledger keeps, and what later steps see. The same before and after a crash. */
export interface FunctionOutcome {
  /** `invalid-result`: the program ended by itself, and what it answered is not what the function answers with. */
  ending: SandboxEnding | 'refused' | 'left-out' | 'invalid-result'
  /** Absent when the command did not end by itself. */
  exitCode?: number
  /** At most `outputLimitBytes` each. */
  stdout: string
  stderr: string
  /** True when output was cut, by the sandbox or here. */
  truncated: boolean
  tookMs: number
  /** The sandbox would not take the call as it is: trying again cannot help. */
  refused?: true
  /** Absent when nothing ran. */
  sandbox?: SandboxUse
  /** Nothing was called: the tool is not what was registered. It may be called as it is if a person says so. */
  changed?: ToolChange
}

export const outputLimitBytes = 256 * 1024

/** The limit that an ending names. */
const limits: Readonly<Partial<Record<SandboxEnding, keyof SandboxLimits>>> = {
  'wall-time': 'wallMs',
  'cpu-time': 'cpuSeconds',
  memory: 'memoryBytes',
  processes: 'processes',
  workspace: 'workspaceBytes',
  output: 'outputBytes',
}

export function outcomeOf(result: SandboxResult): FunctionOutcome {
  const stdout = cutOutput(result.stdout)
  const stderr = cutOutput(result.detail === undefined ? result.stderr : `${result.stderr}${result.detail}\n`)
  const { ending, exitCode } = result
  return {
    ending,
    ...(exitCode !== undefined && { exitCode }),
    stdout: stdout.text,
    stderr: stderr.text,
    truncated: result.truncated || stdout.isCut || stderr.isCut,
    tookMs: Math.round(result.usage.wallMs),
    sandbox: useOf(result),
  }
}

function useOf(result: SandboxResult): SandboxUse {
  const { ending, enforced, isolation, isWarm } = result
  const { cpuMs, maxMemoryBytes } = result.usage
  const limit = limits[ending]
  const holder = limit && enforced[limit]
  return {
    isolation,
    start: isWarm ? 'warm' : 'cold',
    ...(cpuMs !== undefined && { cpuMs: Math.round(10 * cpuMs) / 10 }),
    ...(maxMemoryBytes > 0 && { maxMemoryBytes }),
    ...(holder !== undefined && holder !== 'none' && { heldBy: holder }),
  }
}

/** The outcome of a call that the run's file session has done, or ended at. */
export function sessionOutcome(
  tookMs: number,
  isolation: SandboxUse['isolation'],
  done: { stdout: string } | { exitCode: number; stderr: string } | { ending: SandboxEnding; stderr: string },
): FunctionOutcome {
  const { text, isCut } = cutOutput('stdout' in done ? done.stdout : '')
  const ending = 'ending' in done ? done.ending : 'exited'
  return {
    ending,
    ...(ending === 'exited' && { exitCode: 'exitCode' in done ? done.exitCode : 0 }),
    stdout: text,
    stderr: 'stderr' in done ? `${done.stderr}\n` : '',
    truncated: isCut,
    tookMs: Math.round(tookMs),
    sandbox: { isolation, start: 'session' },
  }
}

/** The outcome of a call that may have been made before a crash, and that a person said to leave out. */
export const leftOut: FunctionOutcome = Object.freeze({
  ending: 'left-out',
  stdout: '',
  stderr: 'whether this call was made is unknown; a person decided to go on without making it again',
  truncated: false,
  tookMs: 0,
})

/** The outcome of a call that the agent had no right to make, or that a person did not allow. */
export function notPermitted(reason: string): FunctionOutcome {
  return { ending: 'refused', stdout: '', stderr: reason, truncated: false, tookMs: 0, refused: true }
}

/** The outcome of a call that the sandbox did not take. */
export function notStarted(reason: string, isRefused: boolean): FunctionOutcome {
  const outcome = {
    ending: 'sandbox-failed' as const,
    stdout: '',
    stderr: reason,
    truncated: false,
    tookMs: 0,
  }
  return isRefused ? { ...outcome, refused: true } : outcome
}

export function succeeded(outcome: FunctionOutcome): boolean {
  return outcome.ending === 'left-out' || (outcome.ending === 'exited' && outcome.exitCode === 0)
}

/** Cuts at a character's end, so that the text stays what it was. */
export function cutOutput(text: string): { text: string; isCut: boolean } {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= outputLimitBytes) return { text, isCut: false }
  let end = outputLimitBytes
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return { text: bytes.toString('utf8', 0, end), isCut: true }
}
