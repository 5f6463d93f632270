import type { ApprovalView, ArtifactRef, MatchSummary, PlainAnswer, TaskView } from '@guildhall/contracts'
import type { RoutedMessages } from '../stack/service.probe.js'

/** What one task of the demo came to. */
export interface DemoTask extends Omit<TaskView, 'artifacts'> {
  artifacts: ArtifactRef[]
  /** The matcher's decision as it was told; absent when nothing was told. */
  match?: MatchSummary
  /** Function calls and model turns that ended. */
  steps: number
}

export interface DemoProposal extends DemoTask {
  /** Absent when an agent fits already, from an earlier permission. */
  approval?: ApprovalView
  answer?: PlainAnswer
  /** Whether the agent that did the task is still among the active ones afterwards. */
  agentRemains: boolean
}

/** What the demo promised to show, and whether it did. */
export interface Expectation {
  what: string
  isMet: boolean
}

/** The document of `guildhall demo --json`. */
export interface DemoReport {
  ok: boolean
  /** False when a stack was running already; it was left running. */
  startedStack: boolean
  skills: { name: string; version: number; created: boolean }[]
  agent: { name: string; version: number; skills: string[] }
  tasks: {
    fits: DemoTask
    hires: DemoProposal
    nobody: DemoTask
    /** Absent without OPENAI_API_KEY or OPENAI_BASE_URL. */
    llm?: DemoTask
  }
  /** Since the router started; absent when it does not answer. */
  messages?: RoutedMessages
  audit: { records: number; allowed: number; denied: number }
  /** Of the task that an agent fits; null when nothing traces. */
  traceId: string | null
  expectations: Expectation[]
  /** Commands to look further with. */
  commands: string[]
  tookMs: number
}
