import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type AgentView,
  approvalAnswers,
  ApprovalFound,
  ApprovalGet,
  AuditCount,
  AuditCounted,
  type MountRequest,
} from '@guildhall/contracts'
import type { StackInfo } from '@guildhall/local-stack'
import { renderImport } from '../skills/import.rendering.js'
import { probeRouter } from '../stack/service.probe.js'
import { renderAgentRef } from '../tasks/task.rendering.js'
import { listed } from '../terminal/text.js'
import { agentRemains, codeReader, ensureAgent, importDemoSkills, surveyor } from './demo.cast.js'
import { demoExpectations } from './demo.expectations.js'
import { renderClosing, renderEnding, renderExpectations } from './demo.rendering.js'
import type { DemoProposal, DemoReport, DemoTask } from './demo.report.js'
import type { DemoStage } from './demo.stage.js'

/** Plays every part of the demo on a running stack and returns what it came to. */
export async function playDemo(
  stage: DemoStage,
  info: StackInfo,
): Promise<Omit<DemoReport, 'tookMs' | 'startedStack'>> {
  const { session } = stage
  const { paint } = session.output

  stage.part('Skills, and an agent that holds some of them')
  const skills = await importDemoSkills(session)
  stage.say(renderImport(skills, paint))
  const agent = await ensureAgent(session, surveyor)
  introduce(stage, agent)

  stage.part('A task that an agent fits')
  const fits = await playFitting(stage)
  stage.part('A task whose skill exists, but no agent holds it')
  const hires = await playProposed(stage)
  stage.part('A task that nothing fits')
  const nobody = await playRejected(stage)
  stage.part('A task for an agent that thinks')
  const llm = session.config.hasModel ? await playThinking(stage) : undefined
  if (!llm)
    stage.say(
      'Set OPENAI_API_KEY, or OPENAI_BASE_URL for a model of your own, to see an LLM agent work here.',
    )

  stage.part('What is on record')
  const tasks = { fits, hires, nobody, ...(llm && { llm }) }
  const router = info.services.router
  const messages = router && (await probeRouter(router.httpPort))
  const audit = await session.ask(AuditCount, {}, AuditCounted)
  const expectations = demoExpectations(tasks)
  const report = {
    ok: expectations.every(({ isMet }) => isMet),
    skills: skills.flatMap(({ skill, result }) =>
      skill ? [{ name: skill.name, version: skill.version, created: result !== 'unchanged' }] : [],
    ),
    agent: { name: agent.name, version: agent.version, skills: agent.config.skills },
    tasks,
    ...(messages && { messages }),
    audit,
    traceId: fits.traceId ?? null,
    expectations,
    commands: commandsToLookFurther(fits),
  }
  stage.say(renderClosing({ ...report, startedStack: false }, paint))
  stage.say('')
  stage.say(renderExpectations(expectations, paint))
  return report
}

async function playFitting(stage: DemoStage): Promise<DemoTask> {
  const mounts = [await readOnly(join(stage.session.config.root, 'node_modules'))]
  const goal = 'List the licences and install sizes of the npm packages installed here'
  const { task } = await stage.play({ goal, mounts })
  await tellEnding(stage, task)
  return task
}

async function playProposed(stage: DemoStage): Promise<DemoProposal> {
  const { session } = stage
  const mounts = [await readOnly(join(session.config.root, 'libs'))]
  const goal = 'Find duplicate files below this folder and say how much space the copies waste'
  const { task, approval: asked } = await stage.play({ goal, mounts })
  await tellEnding(stage, task)
  if (!asked) {
    stage.say('Nobody was asked: an agent that was allowed permanently before holds the skill.')
    return { ...task, agentRemains: task.agent !== undefined }
  }
  const { approval } = await session.ask(ApprovalGet, { approvalId: asked.id }, ApprovalFound)
  const given = approval.answer ?? approval.defaultAnswer
  const answer = approvalAnswers.find((plain) => plain === given) ?? 'refuse'
  const remains = task.agent ? await agentRemains(session, task.agent.id, answer === 'once') : false
  stage.say(
    answer === 'refuse'
      ? 'The proposal was refused: no agent was made.'
      : `Allowed ${answer === 'once' ? 'once' : 'permanently'}: the agent ${remains ? 'stays' : 'is gone'}.`,
  )
  return { ...task, approval, answer, agentRemains: remains }
}

async function playRejected(stage: DemoStage): Promise<DemoTask> {
  const goal = 'Book a flight to Lisbon and reserve a hotel near the river'
  const { task } = await stage.play({ goal })
  await tellEnding(stage, task)
  if (!task.agent) stage.say('No agent: the least bad one is never taken.')
  return task
}

async function playThinking(stage: DemoStage): Promise<DemoTask> {
  introduce(stage, await ensureAgent(stage.session, codeReader))
  const mounts = [await readOnly(join(stage.session.config.root, 'libs', 'contracts'))]
  const goal = 'How many lines of code does this source tree have, and in which programming languages?'
  const { task } = await stage.play({ goal, mounts })
  await tellEnding(stage, task)
  return task
}

function introduce(stage: DemoStage, agent: AgentView): void {
  const { paint } = stage.session.output
  stage.say(`agent ${renderAgentRef(agent, paint)}: ${listed(agent.config.skills)}`)
}

async function tellEnding(stage: DemoStage, task: DemoTask): Promise<void> {
  stage.say(await renderEnding(task, stage.session.config.root, stage.session.output.paint))
}

/** The executor compares real paths with its allowed roots; a link would be refused there. */
async function readOnly(path: string): Promise<MountRequest> {
  return { source: await realpath(path), mode: 'ro' }
}

function commandsToLookFurther(task: DemoTask): string[] {
  return [
    'npm start',
    `npm run -s guildhall -- tasks show ${task.id}`,
    `npm run -s guildhall -- audit list --task ${task.id}`,
    `npm run -s guildhall -- match "Which licences do our dependencies use?"`,
    'npm run -s guildhall -- --help',
  ]
}
