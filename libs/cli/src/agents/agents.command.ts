import {
  AgentCreate,
  AgentCreated,
  AgentDestroy,
  AgentDestroyed,
  AgentFound,
  AgentGet,
  AgentKeep,
  AgentKeepRequested,
  AgentList,
  AgentListed,
  AgentListVersions,
  AgentRetire,
  AgentRetired,
  AgentRollBack,
  AgentRolledBack,
  type AgentRuntime,
  agentRuntimes,
  AgentVersionsListed,
  type AgentView,
  type FunctionName,
  functionNamePattern,
  type FunctionTier,
} from '@guildhall/contracts'
import { type Command, Option } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { FailedError, UsageError } from '../exit.codes.js'
import { collectNames, collectSetting, parseCount } from '../option.parsing.js'
import { addRightsOptions, namedRights, type RightsOptions } from '../rights.options.js'
import { printable } from '../terminal/text.js'
import { collectTiers } from './tier.options.js'
import { differencesOf } from './agent.differences.js'
import { renderAgent, renderAgentDifferences, renderAgents, renderAgentVersions } from './agent.rendering.js'

const parseVersion = parseCount(1, 2 ** 31 - 1)

interface CreateOptions extends Omit<RightsOptions, 'function'> {
  skills: string[]
  description?: string
  functions?: string[]
  prompt?: string
  runtime?: AgentRuntime
  model?: string
  tier?: Record<string, FunctionTier>
  setting?: Record<string, unknown>
}

export function addAgentCommands(program: Command, runner: CommandRunner): void {
  const agents = program.command('agents').description('who does the work')

  agents
    .command('list')
    .description('agents that take tasks')
    .option('--all', 'retired, disposed and destroyed ones too')
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
    .option('--version <number>', 'default: the one that tasks get', parseVersion)
    .action(
      runner.action(async (session, { version }: { version?: number }, name: string) => {
        const agent = await agentOf(session, name, version)
        session.output.result({ agent }, (paint) => renderAgent(agent, paint))
      }),
    )

  const create = agents
    .command('create <name>')
    .description('a permanent agent; an existing name gets a new version')
    .requiredOption('--skills <names>', 'the skills it holds, separated by commas', collectNames)
    .option('--description <text>', 'what it is for; default: made from its skills')
    .option('--functions <names>', 'what it may call; default: what its skills require', collectNames)
    .option('--prompt <text>', 'what it is told before each task')
    .addOption(new Option('--runtime <runtime>', 'default: script').choices(agentRuntimes))
    .option('--model <name>', 'model at the executor’s endpoint; only for llm')
    .option(
      '--tier <function=tier>',
      'allow, ask or deny a call, separated by commas, fs.* for all that begin so: bash=ask; never less than without it',
      collectTiers,
    )
    .option(
      '--setting <name=value>',
      'answerSchema, longConversations or budget, as JSON or text; may be given again',
      collectSetting,
    )
  addRightsOptions(create, {
    mount:
      'of the folders of its tasks it sees those below this one; may be given again; default: all of them',
    host: 'what it may reach, host:port, separated by commas; default: nothing',
    budget: 'at most that in one run: tokens=50000,usd=2.5,calls=100,time=10m',
  }).action(
    runner.action(async (session, options: CreateOptions, name: string) => {
      const { agent } = await session.ask(AgentCreate, agentDraft(name, options), AgentCreated)
      session.output.result({ agent }, (paint) => renderAgent(agent, paint))
    }),
  )

  addVersionCommands(agents, runner)

  agents
    .command('retire <agent>')
    .description('gets no more tasks; those it has go on')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const { agent } = await session.ask(AgentRetire, { agent: name }, AgentRetired)
        session.output.result({ agent }, (paint) => renderAgent(agent, paint))
      }),
    )

  agents
    .command('destroy <agent>')
    .description('retire an agent for good: it never comes back; tasks that it has go on')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const destroyed = await session.ask(AgentDestroy, { agent: name }, AgentDestroyed)
        const { agent, stateSpace } = destroyed
        session.output.result(
          destroyed,
          (paint) =>
            `${renderAgent(agent, paint)}\nWhat it kept lies in the key space ${printable(stateSpace)}.`,
        )
      }),
    )

  agents
    .command('keep <agent>')
    .description('ask an approver whether an agent that was hired for one task stays')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const asked = await session.ask(AgentKeep, { agent: name }, AgentKeepRequested)
        session.output.result(
          asked,
          () => `${printable(asked.agent.name)} stays once an approver agrees: guildhall approvals list`,
        )
      }),
    )
}

function addVersionCommands(agents: Command, runner: CommandRunner): void {
  agents
    .command('versions <agent>')
    .description('every version of an agent, newest first')
    .action(
      runner.action(async (session, _options: object, name: string) => {
        const listed = await session.ask(AgentListVersions, { agent: name }, AgentVersionsListed)
        session.output.result(listed, (paint) => renderAgentVersions(listed, paint))
        session.output.noteOmitted(listed.omitted)
      }),
    )

  agents
    .command('diff <agent>')
    .description('what differs between two versions')
    .argument('[from]', 'default: the version before', parseVersion)
    .argument('[to]', 'default: the one that tasks get', parseVersion)
    .action(
      runner.action(async (session, _options: object, name: string, from?: number, to?: number) => {
        const newer = await agentOf(session, name, to)
        const older = from ?? newer.version - 1
        if (older < 1)
          throw new FailedError('single-version', `${newer.name} has no version before this one.`)
        const differences = differencesOf(await agentOf(session, newer.id, older), newer)
        session.output.result(differences, (paint) => renderAgentDifferences(differences, paint))
      }),
    )

  agents
    .command('rollback <agent>')
    .description('make what an older version says the next version')
    .argument('<version>', 'see `agents versions`', parseVersion)
    .action(
      runner.action(async (session, _options: object, name: string, version: number) => {
        const { agent } = await session.ask(AgentRollBack, { agent: name, version }, AgentRolledBack)
        session.output.result({ agent }, (paint) => renderAgent(agent, paint))
      }),
    )
}

async function agentOf(session: CommandSession, name: string, version?: number): Promise<AgentView> {
  const question = { agent: name, ...(version !== undefined && { version }) }
  return (await session.ask(AgentGet, question, AgentFound)).agent
}

function agentDraft(name: string, options: CreateOptions): AgentCreate {
  const { skills, description = `Works with ${skills.join(', ')}.`, prompt, runtime, model } = options
  const { mount, host, budget, tier, setting } = options
  const configuration = tier || setting ? { ...setting, ...(tier && { tiers: tier }) } : undefined
  const grants = namedRights({
    ...(mount && { mount }),
    ...(host && { host }),
    ...(budget && { budget }),
  })
  return {
    name,
    description,
    skills,
    ...(options.functions && { functions: options.functions.map(functionNamed) }),
    ...(grants && { grants }),
    ...(prompt !== undefined && { prompt }),
    ...(runtime !== undefined && { runtime }),
    ...(model !== undefined && { model }),
    ...(configuration && { configuration }),
  }
}

function functionNamed(name: string): FunctionName {
  if (functionNamePattern.test(name)) return name
  throw new UsageError(`--functions: "${name}" is no function’s name; see guildhall functions list.`)
}
