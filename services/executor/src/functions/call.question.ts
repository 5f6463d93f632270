import type { AgentSnapshot, ApprovalFile, AskedOption } from '@guildhall/contracts'
import type { SandboxMount } from '@guildhall/sandbox'
import type { StepQuestion } from '../runs/step.questions.js'
import type { RegisteredAs } from './function.definition.js'
import type { ToolChange } from './mcp/tool.change.js'

/** A call that a person is asked about, with everything that decides what it does. */
export interface AskedCall {
  step: string
  function: string
  arguments: unknown
  env: Readonly<Record<string, string>>
  repeatable: boolean
  agent: AgentSnapshot
  /** Folders of the host that it sees. */
  mounts: readonly SandboxMount[]
  files: ApprovalFile[]
  /** Of a registered function: what is allowed is this version with these bytes. */
  registered?: RegisteredAs
  /** The tool is another one than was registered. */
  changed?: ToolChange
}

/** Said to people whole or not at all: a question has to fit into a message. */
const largestSubjectBytes = 60 * 1024
const mostFiles = 200

const unknownOptions: AskedOption[] = [
  { answer: 'refuse', label: 'Fail', hint: 'the run ends; it is not done again' },
  { answer: 'retry', label: 'Do it again', hint: 'it may happen a second time' },
  { answer: 'skip', label: 'Leave it out', hint: 'the run goes on as if it had been done' },
]

/** Asks whether a call may be made. */
export function consentQuestion(call: AskedCall): StepQuestion {
  const { agent, step, files, repeatable, changed } = call
  const asks = `Agent ${agent.ref.name} wants to call ${call.function} (step ${JSON.stringify(step)}).`
  const question = changed
    ? `${asks} Its server describes it otherwise than when it was registered, in words that are the server's own. Allow it as it is now?`
    : `${asks} Allow it?`
  const risk = changed ? 'high' : repeatable ? 'low' : 'medium'
  return { kind: 'function-call', question: question.slice(0, 1_000), subject: subjectOf(call), files, risk }
}

/** Asks what to do about a call that may have been made. */
export function unknownQuestion(call: AskedCall): StepQuestion {
  const { agent, step, files } = call
  const question =
    `The executor stopped while agent ${agent.ref.name} called ${call.function} (step ${JSON.stringify(step)}): ` +
    'it may have had its effect, or a part of it. What shall happen?'
  return {
    kind: 'unknown-effect',
    question: question.slice(0, 1_000),
    subject: subjectOf(call),
    files,
    options: unknownOptions,
    risk: 'high',
  }
}

/** Why nobody can be asked about a call, or undefined. */
export function unaskable({ subject, files }: Pick<StepQuestion, 'subject' | 'files'>): string | undefined {
  if (Buffer.byteLength(JSON.stringify(subject)) > largestSubjectBytes) {
    return `a person has to allow this call, and its arguments are longer than the ${largestSubjectBytes} bytes that can be shown`
  }
  if (files.length <= mostFiles) return undefined
  return `a person has to allow this call, and it names more than ${mostFiles} files`
}

/**
 * Neither task nor run nor step: the question is bound to these by its name, and what is allowed for good is this very call
 * by this very agent with these folders, whenever it comes again.
 */
function subjectOf({ agent, env, mounts, registered, changed, ...call }: AskedCall): object {
  const { name, version } = agent.ref
  return {
    function: call.function,
    arguments: call.arguments,
    agent: { name, version },
    ...(registered && { version: registered.version, digest: registered.digest }),
    ...(changed && { changed }),
    ...(Object.keys(env).length > 0 && { env }),
    ...(mounts.length > 0 && {
      mounts: mounts.map(({ source, target, mode }) => ({ source, target, mode })),
    }),
  }
}
