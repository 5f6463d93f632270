import type { StackSettings } from './stack.options.js'
import type { StackInfo } from './stack.record.js'

/** What the process that asks for a detached supervisor tells it, over the channel between them. */
export interface StartRequest {
  readonly settings: StackSettings
}

/** What the supervisor answers until it is ready or has failed; the channel is closed after that. */
export type SupervisorReport =
  | { readonly kind: 'progress'; readonly step: string; readonly isDone: boolean }
  | { readonly kind: 'ready'; readonly info: StackInfo }
  | { readonly kind: 'already-running'; readonly pid: number; readonly stateDir: string }
  | { readonly kind: 'failed'; readonly step: string; readonly message: string; readonly advice: string }
