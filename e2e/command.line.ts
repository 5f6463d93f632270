import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { main } from '@guildhall/cli'
import { root } from './running.stack.js'

export const program = join(root, 'libs/cli/bin/guildhall.mjs')

interface Ending<T> {
  code: number
  value: T
}

/** `guildhall --json` as somebody without a terminal runs it: stdout must be one JSON document and nothing else. */
export class CommandLine {
  private constructor(
    /** A temporary folder for whatever a test needs, taken away at the end. */
    readonly folder: string,
    private readonly checkout: string,
  ) {}

  /** @param stateDir of the stack that it speaks to; undefined: nothing was ever started there. */
  static in(stateDir: string | undefined): CommandLine {
    const folder = mkdtempSync(join(tmpdir(), 'guildhall-cli-'))
    const commands = new CommandLine(folder, join(folder, 'checkout'))
    mkdirSync(commands.checkout)
    writeFileSync(join(commands.checkout, 'package.json'), '{"name": "guildhall"}')
    if (stateDir !== undefined) symlinkSync(stateDir, join(commands.checkout, '.guildhall'))
    return commands
  }

  /** The options that bring a command to this stack, for who starts it in a way of their own. */
  get place(): string[] {
    return ['--root', this.checkout]
  }

  /** Where the command looks for its state. */
  get stateDir(): string {
    return join(this.checkout, '.guildhall')
  }

  /** In this process: starting one takes longer than most commands do. */
  async run<T = Record<string, unknown>>(...args: string[]): Promise<Ending<T>> {
    const streams = { stdout: new PassThrough(), stderr: new PassThrough(), stdin: new PassThrough() }
    const said = text(streams.stdout)
    streams.stderr.resume()
    const code = await main([...this.place, '--json', ...args], streams as never)
    streams.stdout.end()
    return { code, value: JSON.parse(await said) as T }
  }

  /** As a process of its own. */
  runProgram<T = Record<string, unknown>>(...args: string[]): Promise<Ending<T> & { stderr: string }> {
    const command = [program, ...this.place, '--json', ...args]
    return new Promise((resolve, reject) => {
      execFile(process.execPath, command, (error, stdout, stderr) => {
        try {
          resolve({ code: error ? Number(error.code) : 0, value: JSON.parse(stdout) as T, stderr })
        } catch {
          reject(new Error(`not one JSON document: ${stdout}`))
        }
      })
    })
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
