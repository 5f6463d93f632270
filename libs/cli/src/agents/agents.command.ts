import {
  AgentCreate,
  AgentCreated,
  AgentFound,
  AgentGet,
  AgentList,
  AgentListed,
  AgentRetire,
  AgentRetired,
  type AgentRuntime,
  agentRuntimes,
  functionNames,
  type FunctionName,
} from '@guildhall/contracts'
import { type Command, Option } from 'commander'
import type { CommandRunner } from '../command.session.js'
import { UsageError } from '../exit.codes.js'
import { collectNames } from '../option.parsing.js'
import { renderAgent, renderAgents } from './agent.rendering.js'

interface CreateOptions {
  skills: string[]
  description?: string
  functions?: string[]
  prompt?: string
  runtime?: AgentRuntime
  model?: string
}

export function addAgentCommands(program: Command, runner: CommandRunner): void {
  const agents = program.command('agents').description('who does the work')

  agents
    .command('list')
    .description('agents that take tasks')
    .option('--all', 'retired and disposed ones too')
    .action(
      runner.action(async (session, options: { all?: boolean }) => {
        const listed = await session.ask(AgentList, options.all ? { all: true } : {}, AgentListed)
        session.output.result(listed, (paint) => renderAgents(listed.agents, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  agents
    .command('show <agent>')
    .description('one agent, by name or id')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const { agent } = await session.ask(AgentGet, { agent: name }, AgentFound)
        session.output.result({ agent }, (paint) => renderAgent(agent, paint))
      }),
    )

  agents
    .command('create <name>')
    .description('a permanent agent; an existing name gets a new version')
    .requiredOption('--skills <names>', 'the skills it holds, separated by commas', collectNames)
    .option('--description <text>', 'what it is for; default: made from its skills')
    .option('--functions <names>', 'what it may call; default: what its skills require', collectNames)
    .option('--prompt <text>', 'what it is told before each task')
    .addOption(new Option('--runtime <runtime>', 'default: script').choices(agentRuntimes))
    .option('--model <name>', 'model at the executor’s endpoint; only for llm')
    .action(
      runner.action(async (session, options: CreateOptions, name: string) => {
        const { agent } = await session.ask(AgentCreate, agentDraft(name, options), AgentCreated)
        session.output.result({ agent }, (paint) => renderAgent(agent, paint))
      }),
    )

  agents
    .command('retire <agent>')
    .description('gets no more tasks; those it has go on')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const { agent } = await session.ask(AgentRetire, { agent: name }, AgentRetired)
        session.output.result({ agent }, (paint) => renderAgent(agent, paint))
      }),
    )
}

function agentDraft(name: string, options: CreateOptions): AgentCreate {
  const { skills, description = `Works with ${skills.join(', ')}.`, prompt, runtime, model } = options
  return {
    name,
    description,
    skills,
    ...(options.functions && { functions: options.functions.map(functionNamed) }),
    ...(prompt !== undefined && { prompt }),
    ...(runtime !== undefined && { runtime }),
    ...(model !== undefined && { model }),
  }
}

function functionNamed(name: string): FunctionName {
  const found = functionNames.find((one) => one === name)
  if (!found) throw new UsageError(`--functions: "${name}" is none of ${functionNames.join(', ')}.`)
  return found
}
