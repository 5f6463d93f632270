import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import type { Paint } from '../terminal/paint.js'
import { printable, wrap } from '../terminal/text.js'
import type { Check } from './doctor.check.js'
import { checkDisk, checkPorts, checkServices, checkStateDir } from './place.checks.js'
import { checkIsolation, checkNode, checkServers } from './program.checks.js'

export function addDoctorCommand(program: Command, runner: CommandRunner): void {
  program
    .command('doctor')
    .description('whether this machine has what Guildhall needs, and what to do where it has not')
    .action(
      runner.action(async ({ config, output }) => {
        const looked = await Promise.all([
          checkServers(config),
          checkIsolation(config),
          checkPorts(),
          checkDisk(config),
          checkStateDir(config),
          checkServices(config),
        ])
        const checks = [checkNode(), ...looked.flat()]
        const isOk = checks.every(({ verdict }) => verdict !== 'fail')
        output.result({ ok: isOk, checks }, (paint) => renderChecks(checks, paint))
        return isOk ? exitCodes.done : exitCodes.failed
      }),
    )
}

const signs = { ok: ['green', '✔'], warn: ['yellow', '!'], fail: ['red', '✖'] } as const

function renderChecks(checks: readonly Check[], paint: Paint): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length))
  return checks
    .flatMap(({ name, verdict, found, advice }) => {
      const [colour, sign] = signs[verdict]
      const margin = ' '.repeat(width + 4)
      return [
        `${paint(colour, sign)} ${name.padEnd(width)}  ${printable(found)}`,
        ...(advice ? wrap(advice, 76).map((line) => margin + line) : []),
      ]
    })
    .join('\n')
}
