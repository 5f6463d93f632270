import { readStackInfo, startDetached, startStack, stopDetached } from '@guildhall/local-stack'
import type { Command } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import { collect } from '../option.parsing.js'
import { Progress } from '../terminal/progress.js'
import { renderStatus, renderWhereToLook } from './stack.rendering.js'
import { isWell, stackStatus } from './stack.status.js'
import { showSteps } from './stack.steps.js'

interface UpOptions {
  detach?: boolean
  mount?: string[]
  otlp?: string
}

export function addStackCommands(program: Command, runner: CommandRunner): void {
  program
    .command('up')
    .description('start Redis, MariaDB and every service of this checkout; Ctrl-C stops them')
    .option('--detach', 'return when everything is ready; stop it with `guildhall down`')
    .option(
      '--mount <dir[:rw]>',
      'a folder that agents may be given; default: the checkout, read-only',
      collect,
    )
    .option('--otlp <url>', 'where traces go (OTLP over HTTP)')
    .action(runner.action((session, options: UpOptions) => up(session, options)))

  program
    .command('down')
    .description('stop what `up` started')
    .action(
      runner.action(async (session) => {
        const progress = new Progress(session.output)
        progress.start('stopping')
        const stopped = await stopDetached(session.config.stateDir).catch((error: unknown) => {
          progress.fail()
          throw error
        })
        progress.done(stopped ? 'stopped' : 'nothing was running')
        session.output.result({ stopped }, () =>
          stopped ? 'Guildhall is down.' : 'Guildhall was not running.',
        )
      }),
    )

  program
    .command('status')
    .description('what runs, and how it is; exit code 3 when nothing does, 1 when something is unwell')
    .action(
      runner.action(async (session) => {
        const info = readStackInfo(session.config.stateDir)
        if (!info) {
          session.output.result(
            { running: false, processes: [] },
            () => 'Not running. Start it: guildhall up',
          )
          return exitCodes.notReachable
        }
        const processes = await stackStatus(info)
        session.output.result({ running: true, ...info, processes }, (paint) =>
          renderStatus(processes, paint),
        )
        return isWell(processes) ? exitCodes.done : exitCodes.failed
      }),
    )
}

async function up({ config, output }: CommandSession, options: UpOptions): Promise<void> {
  const progress = new Progress(output)
  const settings = {
    root: config.root,
    onProgress: showSteps(progress),
    ...(options.mount && { mounts: options.mount }),
    ...(options.otlp !== undefined && { otlpEndpoint: options.otlp }),
  }
  const start = options.detach ? startDetached(settings) : startStack(settings)
  const started = await start.catch((error: unknown) => {
    progress.fail()
    throw error
  })
  const info = 'info' in started ? started.info : started
  output.result(info, (paint) => `\n${renderWhereToLook(info, paint)}`)
  if (!('info' in started)) {
    output.note('\nRunning in the background. Stop it: guildhall down')
    return
  }
  output.note('\nRunning. Ctrl-C stops everything.')
  started.onExit((name, _exit, restartInMs) =>
    output.note(
      `${output.paintNote('yellow', '!')} ${name} ended unasked; starting it again in ${restartInMs} ms`,
    ),
  )
  // The stack stops itself on a signal and then lets this process die of it.
  await new Promise<never>(() => setInterval(() => {}, 60_000))
}
