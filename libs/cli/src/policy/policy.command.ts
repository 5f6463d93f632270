import { PolicyFound, PolicyGet, type PolicyRules, PolicySet, PolicyStored } from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { parseCount } from '../option.parsing.js'
import { renderPolicy } from './policy.rendering.js'
import { readRulesFile } from './rules.file.js'

export function addPolicyCommands(program: Command, runner: CommandRunner): void {
  const policy = program.command('policy').description('how much may be said, and what nobody may say')

  policy
    .command('show')
    .description('the policy in its newest version; with --json as `set` takes it')
    .action(
      runner.action(async (session) => {
        const found = await session.ask(PolicyGet, {}, PolicyFound)
        session.output.result(found.policy, (paint) => renderPolicy(found.policy, paint))
      }),
    )

  policy
    .command('set <file>')
    .description('the next version, from a JSON file of rules, or of what `show --json` printed')
    .option(
      '--expected-version <version>',
      'the version that the rules were made from; default: the one in the file, else the newest',
      parseCount(0, 2 ** 31),
    )
    .action(
      runner.action(async (session, options: { expectedVersion?: number }, file: string) => {
        const { rules, version } = await readRulesFile<PolicyRules>(file)
        const expectedVersion =
          options.expectedVersion ?? version ?? (await session.ask(PolicyGet, {}, PolicyFound)).policy.version
        const stored = await session.ask(PolicySet, { expectedVersion, rules }, PolicyStored)
        session.output.result(stored.policy, (paint) => renderPolicy(stored.policy, paint))
      }),
    )
}
