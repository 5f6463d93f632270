import type { ServiceName } from '@guildhall/contracts'

/** What can cross to another process. */
export interface StackSettings {
  /** The checkout: built, with its packages installed. */
  readonly root: string
  /** Default: `<root>/.guildhall`. Data in it is used again. */
  readonly stateDir?: string
  /** Folders of this machine that agents may be given: `dir` read-only, `dir:rw` writable. Default: the checkout, read-only. */
  readonly mounts?: readonly string[]
  /** Where traces go (OTLP over HTTP). Default: OTEL_EXPORTER_OTLP_ENDPOINT, else nowhere. */
  readonly otlpEndpoint?: string
  /**
   * Redis servers that run already, as `redis://…` or `redis+cluster://…`, with the access list that `writeAccessList` made for
   * this state directory. Default: one of the stack's own.
   */
  readonly redisUrl?: string
  /** Names of the parts that the streams are divided into. Default: `main` alone. */
  readonly shards?: readonly string[]
  /** Default: all. */
  readonly services?: readonly ServiceName[]
  /** Added to the environment of a service, over what the stack sets. */
  readonly env?: Readonly<Partial<Record<ServiceName, Readonly<Record<string, string>>>>>
  /** How long a service may take at its first start. Default: 30000. */
  readonly readyTimeoutMs?: number
}

export interface StackOptions extends StackSettings {
  /** Called at the beginning of each step, and with `done` at its end. */
  onProgress(step: string, done?: boolean): void
  /** Called with what went wrong with the running servers or was put right in them. */
  onNotice?(text: string): void
  /**
   * Stop everything when this process gets SIGINT, SIGTERM or SIGHUP or dies of an error, then let it die. Default: true;
   * with false the caller calls `stop()` on every way out.
   */
  readonly exitSignals?: boolean
}
