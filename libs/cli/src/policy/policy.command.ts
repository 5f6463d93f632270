import { readFile } from 'node:fs/promises'
import { PolicyFound, PolicyGet, type PolicyRules, PolicySet, PolicyStored } from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { UsageError } from '../exit.codes.js'
import { parseCount } from '../option.parsing.js'
import { renderPolicy } from './policy.rendering.js'

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
        const { rules, version } = await readRules(file)
        const expectedVersion =
          options.expectedVersion ?? version ?? (await session.ask(PolicyGet, {}, PolicyFound)).policy.version
        const stored = await session.ask(PolicySet, { expectedVersion, rules }, PolicyStored)
        session.output.result(stored.policy, (paint) => renderPolicy(stored.policy, paint))
      }),
    )
}

async function readRules(file: string): Promise<{ rules: PolicyRules; version?: number }> {
  let found: unknown
  try {
    found = JSON.parse(await readFile(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`)
  }
  if (typeof found !== 'object' || found === null) throw new UsageError(`${file} holds no JSON object.`)
  if (!('rules' in found)) return { rules: found }
  const { rules, version } = found as { rules: PolicyRules; version?: unknown }
  return { rules, ...(typeof version === 'number' && { version }) }
}
