import { createSandbox, type ProbeReport, type SandboxLimits } from '@guildhall/sandbox'
import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import { collect } from '../option.parsing.js'
import type { Paint } from '../terminal/paint.js'
import { printable } from '../terminal/text.js'
import { execInSandbox } from './exec.run.js'
import { collectLimit, limitsHelp } from './limit.options.js'

export interface ExecOptions {
  agent?: string
  mount?: string[]
  limit?: Partial<SandboxLimits>
  env?: string[]
  envFile?: string
  protect?: string[]
}

export function addSandboxCommands(program: Command, runner: CommandRunner): void {
  const sandbox = program.command('sandbox').description('what isolates the functions of agents, by hand')

  sandbox
    .command('exec')
    .description('runs a command as a function of an agent runs; the current folder is its workspace')
    .argument('<command...>', 'after --: the program and its arguments')
    .option(
      '--agent <agent>',
      "shows an agent's skills below /skills, by name or id; asks the running services",
    )
    .option('--mount <dir[:rw]>', 'a folder shown below /mnt; may be given again', collect)
    .option('--limit <name=value>', 'a limit other than usual; may be given again', collectLimit)
    .option('--env <name>', 'passes a variable of this environment on; may be given again', collect)
    .option('--env-file <file>', 'passes the variables of a JSON object on')
    .option('--protect <path>', 'a file or folder here that it sees read-only; may be given again', collect)
    .addHelpText(
      'after',
      `\n${limitsHelp()}\n\nExit status: the command's own; 124 wall time, 125 the sandbox failed, 137 another limit.\n` +
        'With --json the output is part of one document, with how it ended and which limits the kernel held.',
    )
    .action(
      runner.action((session, options: ExecOptions, command: string[]) =>
        execInSandbox(session, options, command),
      ),
    )

  sandbox
    .command('probe')
    .description('attacks the sandbox of this machine and says what was contained')
    .action(
      runner.action(async ({ config, output }) => {
        const report = await createSandbox(config.isolation).probe()
        output.result(report, (paint) => renderProbe(report, paint))
        return report.ok ? exitCodes.done : exitCodes.failed
      }),
    )
}

function renderProbe({ ok, checks, tookMs }: ProbeReport, paint: Paint): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length))
  const lines = checks.map(
    (check) =>
      `${check.ok ? paint('green', '✔') : paint('red', '✖')} ${check.name.padEnd(width)}  ${printable(check.detail)}`,
  )
  const sum = ok
    ? `contained, in ${tookMs} ms`
    : 'NOT contained: an executor on this machine refuses to serve'
  return [...lines, sum].join('\n')
}
