import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunningStack } from './running.stack.js'

/** A file outside of the sandbox to which each task appends one line: what it holds is what was really done. */
export class Ledger {
  private constructor(
    private readonly folder: string,
    private readonly file: string,
  ) {}

  /** Teaches the skill and makes the agent that holds it. */
  static async open(guildhall: RunningStack): Promise<Ledger> {
    const file = join(guildhall.outside, 'ledger.txt')
    // Functions of a stack that root started belong to another uid.
    chmodSync(guildhall.outside, 0o777)
    writeFileSync(file, '')
    chmodSync(file, 0o666)
    await guildhall.teach({
      skill: 'ledger-line',
      description: 'Appends one line to the ledger file.',
      examples: ['Append a line to the ledger file', 'Write one line into the ledger'],
      agent: 'bookkeeper',
      steps: [
        { id: 'look', call: 'fs.list', arguments: { path: { ref: 'task.mounts.0' } } },
        {
          id: 'append',
          call: 'bash',
          arguments: {
            command: 'echo "$1" >> "$2/ledger.txt"; echo appended',
            args: [{ ref: 'task.inputs.line' }, { ref: 'task.mounts.0' }],
          },
        },
        { id: 'done', call: 'fs.list', arguments: { path: { ref: 'task.mounts.0' } } },
      ],
      result: { ref: 'steps.append.stdout' },
    })
    return new Ledger(guildhall.outside, file)
  }

  task(line: string) {
    return {
      goal: 'Append a line to the ledger file',
      inputs: { line },
      mounts: [{ source: this.folder, mode: 'rw' as const }],
    }
  }

  timesOf(line: string): number {
    return readFileSync(this.file, 'utf8')
      .split('\n')
      .filter((entry) => entry === line).length
  }
}
