import type { Command } from 'commander'
import { addAgentCommands } from './agents/agents.command.js'
import { addMatchCommand } from './agents/match.command.js'
import { addApprovalCommands } from './approvals/approvals.command.js'
import { addAuditCommands } from './audit/audit.command.js'
import { addClientCommands } from './clients/clients.command.js'
import { addTokenCommands } from './clients/tokens.command.js'
import type { CommandRunner } from './command.session.js'
import { addDeadLetterCommands } from './dead-letters/dead-letters.command.js'
import { addCredentialCommands } from './credentials/credentials.command.js'
import { addDemoCommand } from './demo/demo.command.js'
import { addDoctorCommand } from './doctor/doctor.command.js'
import { addFunctionCommands } from './functions/functions.command.js'
import { addPolicyCommands } from './policy/policy.command.js'
import { programWithoutCommands } from './program.options.js'
import { addSandboxCommands } from './sandbox/sandbox.command.js'
import { addSkillCommands } from './skills/skills.command.js'
import { addStackCommands } from './stack/stack.command.js'
import { addStateCommands } from './state/state.command.js'
import { addSubmitCommand } from './tasks/submit.command.js'
import { addTaskCommands } from './tasks/tasks.command.js'
import type { OutputStreams } from './terminal/output.js'

/** The whole command line. Usage errors are thrown as CommanderError instead of ending the process. */
export function guildhallProgram(runner: CommandRunner, streams: OutputStreams): Command {
  const program = programWithoutCommands(streams)
  addStackCommands(program, runner)
  addSubmitCommand(program, runner)
  addTaskCommands(program, runner)
  addApprovalCommands(program, runner)
  addSkillCommands(program, runner)
  addAgentCommands(program, runner)
  addMatchCommand(program, runner)
  addAuditCommands(program, runner)
  addFunctionCommands(program, runner)
  addStateCommands(program, runner)
  addClientCommands(program, runner)
  addTokenCommands(program, runner)
  addPolicyCommands(program, runner)
  addDeadLetterCommands(program, runner)
  addCredentialCommands(program, runner)
  addSandboxCommands(program, runner)
  addDoctorCommand(program, runner)
  addDemoCommand(program, runner)
  return program
}
