import type { Output } from './output.js'
import { duration } from './text.js'

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/**
 * Shows one step at a time on stderr: a spinner with its seconds on a terminal, else one line when the step is over.
 * The spinner of the prompts library is not used here: it puts the terminal into raw mode and answers Ctrl-C with
 * `process.exit(0)`, which would leave the processes that a step started behind.
 */
export class Progress {
  #timer: NodeJS.Timeout | undefined
  #step: { title: string; startedAt: number } | undefined

  constructor(private readonly output: Output) {}

  /** Begins a step; one that was still open counts as done. */
  start(title: string): void {
    this.done()
    const step = { title, startedAt: performance.now() }
    this.#step = step
    const { stderr } = this.output.streams
    if (!stderr.isTTY) return
    let frame = 0
    const draw = () => {
      const took = duration(performance.now() - step.startedAt)
      const sign = this.output.paintNote('cyan', frames[frame++ % frames.length] ?? '')
      stderr.write(`\r\x1b[2K${sign} ${step.title} ${this.output.paintNote('dim', took)}`)
    }
    draw()
    this.#timer = setInterval(draw, 100).unref()
  }

  /** How far the open step is. */
  update(title: string): void {
    if (this.#step) this.#step.title = title
  }

  done(title?: string): void {
    this.#end('green', '✔', title)
  }

  fail(title?: string): void {
    this.#end('red', '✖', title)
  }

  #end(colour: 'green' | 'red', sign: string, title?: string): void {
    if (!this.#step) return
    clearInterval(this.#timer)
    const { stderr } = this.output.streams
    const took = this.output.paintNote('dim', duration(performance.now() - this.#step.startedAt))
    const clear = stderr.isTTY ? '\r\x1b[2K' : ''
    this.output.note(`${clear}${this.output.paintNote(colour, sign)} ${title ?? this.#step.title} ${took}`)
    this.#step = undefined
  }
}
