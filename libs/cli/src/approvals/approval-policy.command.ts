import {
  ApprovalPolicyFound,
  ApprovalPolicyGet,
  ApprovalPolicySet,
  ApprovalPolicyStored,
  type ApprovalPolicyView,
  type ApprovalRules,
} from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { parseCount } from '../option.parsing.js'
import { readRulesFile } from '../policy/rules.file.js'
import { renderApprovalPolicy } from './approval-policy.rendering.js'

interface Whose {
  tenant?: string
}

export function addApprovalPolicyCommands(approvals: Command, runner: CommandRunner): void {
  const policy = approvals
    .command('policy')
    .description('who may answer, until when, and what needs no answer')

  policy
    .command('show')
    .description('the policy in its newest version; with --json as `set` takes it')
    .option('--tenant <name>', 'whose; default: your own')
    .action(
      runner.action(async (session, { tenant }: Whose) => {
        show(session, await newest(session, tenant))
      }),
    )

  policy
    .command('set <file>')
    .description('the next version, from a JSON file of rules, or of what `show --json` printed')
    .option('--tenant <name>', 'whose; default: your own')
    .option(
      '--expected-version <version>',
      'the version that the rules were made from; default: the one in the file, else the newest',
      parseCount(0, 2 ** 31),
    )
    .action(
      runner.action(
        async (session, { tenant, ...options }: Whose & { expectedVersion?: number }, file: string) => {
          const { rules, version } = await readRulesFile<ApprovalRules>(file)
          const expectedVersion =
            options.expectedVersion ?? version ?? (await newest(session, tenant)).version
          const request = { expectedVersion, rules, ...whose(tenant) }
          show(session, (await session.ask(ApprovalPolicySet, request, ApprovalPolicyStored)).policy)
        },
      ),
    )
}

async function newest(session: CommandSession, tenant: string | undefined): Promise<ApprovalPolicyView> {
  return (await session.ask(ApprovalPolicyGet, whose(tenant), ApprovalPolicyFound)).policy
}

function whose(tenant: string | undefined): Whose {
  return tenant === undefined ? {} : { tenant }
}

function show(session: CommandSession, policy: ApprovalPolicyView): void {
  session.output.result(policy, (paint) => renderApprovalPolicy(policy, paint))
}
