/** What to run as a process of its own, and how to see that it is ready. */
export interface ProcessPlan {
  /** Unique in a stack; the name of its log file as well. */
  readonly name: string
  /** Full path. */
  readonly command: string
  /** Everybody on the machine can read these: never a secret. */
  readonly args: readonly string[]
  /** The whole environment; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly logFile: string
  /** A part of the command line that stays as long as the process runs. */
  readonly marker: string
  /** The port that it must be listening on itself to count as ready; absent where another process does that for it. */
  readonly listensOn?: number
  readonly readyTimeoutMs: number
  /** How long it may take to end after SIGTERM before it gets SIGKILL. */
  readonly stopTimeoutMs: number
  /** For a program that hangs when SIGTERM reaches it while it starts: let it get ready first. Default: false. */
  readonly stopsOnlyWhenReady?: boolean
  /** One look; never throws. */
  isReady(): Promise<boolean>
}
