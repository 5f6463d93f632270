import { type Paint, paintFor } from './paint.js'

/** The streams that a command speaks to. */
export interface OutputStreams {
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  stdin: NodeJS.ReadStream
}

/**
 * What a command says. Without `--json` results are text on stdout; with it stdout gets one JSON document and nothing
 * else. Progress and errors go to stderr in both.
 */
export class Output {
  /** For stdout. */
  readonly paint: Paint
  /** For stderr. */
  readonly paintNote: Paint

  constructor(
    readonly isJson: boolean,
    readonly streams: OutputStreams,
  ) {
    this.paint = paintFor(streams.stdout)
    this.paintNote = paintFor(streams.stderr)
  }

  /** Whether a person can be asked something. */
  get canAsk(): boolean {
    return this.streams.stdin.isTTY === true && this.streams.stderr.isTTY === true
  }

  /** The result: as JSON, or as text made by `render`. Called once by a command. */
  result(document: unknown, render: (paint: Paint) => string): void {
    this.streams.stdout.write(
      this.isJson ? `${JSON.stringify(document, undefined, 2)}\n` : `${render(this.paint)}\n`,
    )
  }

  /** A line of a story told on stdout as it happens; silent with `--json`. */
  line(text = ''): void {
    if (!this.isJson) this.streams.stdout.write(`${text}\n`)
  }

  /** Progress, warnings, hints. */
  note(text: string): void {
    this.streams.stderr.write(`${text}\n`)
  }

  /** Says that a list is not the whole one. */
  noteOmitted(count: number): void {
    if (count > 0) this.note(`… and ${count} more than fit in one answer.`)
  }

  failure(code: string, message: string): void {
    this.note(`${this.paintNote('red', 'error')} ${message}`)
    if (this.isJson) this.result({ error: { code, message } }, () => '')
  }
}
