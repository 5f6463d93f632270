import { type ServiceName, serviceNames } from '@guildhall/contracts'
import { readStackInfo, rotateCredentials } from '@guildhall/local-stack'
import type { Command } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { type ExitCode, exitCodes, UsageError } from '../exit.codes.js'
import { Progress } from '../terminal/progress.js'

export function addCredentialCommands(program: Command, runner: CommandRunner): void {
  const credentials = program
    .command('credentials')
    .description('the passwords with which services log in to Redis and MariaDB')
  credentials
    .command('rotate')
    .argument('[service...]', `which services; default: all (${serviceNames.join(', ')})`)
    .description('replace them while everything runs; the old ones are refused afterwards')
    .action(runner.action((session, _options, names: string[]) => rotate(session, names)))
}

async function rotate({ config, output }: CommandSession, names: string[]): Promise<ExitCode | void> {
  const services = names.length === 0 ? serviceNames : names.map(serviceNamed)
  const rotated: ServiceName[] = []
  if (!readStackInfo(config.stateDir)) {
    output.result({ running: false, rotated }, () => 'Not running. Start it: guildhall up')
    return exitCodes.notReachable
  }
  const progress = new Progress(output)
  progress.start('replacing passwords')
  try {
    await rotateCredentials(config.stateDir, services, (service) => rotated.push(service))
  } catch (error) {
    progress.fail()
    throw error
  }
  progress.done('replaced')
  output.result({ running: true, rotated }, () => `New passwords: ${rotated.join(', ')}.`)
}

function serviceNamed(name: string): ServiceName {
  const found = serviceNames.find((service) => service === name)
  if (!found) throw new UsageError(`"${name}" is no service: ${serviceNames.join(', ')}`)
  return found
}
