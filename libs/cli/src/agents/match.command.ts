import { MatchExplain, MatchExplained } from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { renderExplanation } from './match.rendering.js'

export function addMatchCommand(program: Command, runner: CommandRunner): void {
  program
    .command('match <text>')
    .description('which agent would get a task, and why; nothing is started')
    .action(
      runner.action(async (session, _options: object, text: string) => {
        const explained = await session.ask(MatchExplain, { goal: text }, MatchExplained)
        session.output.result(explained, (paint) => renderExplanation(explained, paint))
      }),
    )
}
