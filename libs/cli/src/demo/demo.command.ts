import { type PlainAnswer, approvalAnswers } from '@guildhall/contracts'
import { readStackInfo, startStack } from '@guildhall/local-stack'
import { type Command, Option } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { type ExitCode, exitCodes } from '../exit.codes.js'
import { showSteps } from '../stack/stack.steps.js'
import { Progress } from '../terminal/progress.js'
import { playDemo } from './demo.play.js'
import { renderTook } from './demo.rendering.js'
import { DemoStage } from './demo.stage.js'

interface DemoOptions {
  approve?: PlainAnswer
}

export function addDemoCommand(program: Command, runner: CommandRunner): void {
  program
    .command('demo')
    .description(
      'see the whole of it on this checkout’s own files; starts what does not run, and stops that again',
    )
    .addOption(
      new Option(
        '--approve <answer>',
        'answer for the proposed agent; default: ask, or refuse without a terminal',
      ).choices(approvalAnswers),
    )
    .action(runner.action((session, options: DemoOptions) => demo(session, options)))
}

async function demo(session: CommandSession, options: DemoOptions): Promise<ExitCode> {
  const { output, config } = session
  const startedAt = performance.now()
  const stage = new DemoStage(session, options.approve)
  stage.title('Guildhall, from a task in words to a result on record')
  const running = readStackInfo(config.stateDir)
  if (running) output.note('Using the Guildhall that is running here.')
  const stack = running ? undefined : await start(session)
  const info = running ?? stack?.info
  if (!info) throw new Error('There is neither a running stack nor a started one.')
  const played = await playDemo(stage, info).finally(async () => {
    // The connections go first: they would take the stop for a failure.
    await session.close()
    await stack?.stop()
  })
  const { ok, ...rest } = played
  const report = { ok, startedStack: !running, ...rest, tookMs: Math.round(performance.now() - startedAt) }
  if (output.isJson) output.result(report, () => '')
  else output.note(output.paintNote('dim', renderTook(report.tookMs)))
  return ok ? exitCodes.done : exitCodes.failed
}

async function start({ config, output }: CommandSession) {
  const progress = new Progress(output)
  return startStack({ root: config.root, onProgress: showSteps(progress) }).catch((error: unknown) => {
    progress.fail()
    throw error
  })
}
