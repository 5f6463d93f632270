import type { AgentSnapshot, ApprovalAnswered } from '@guildhall/contracts'
import type { StepQuestion } from '../runs/step.questions.js'
import type { PersonQuestion } from './function.definition.js'
import type { FunctionOutcome } from './function.outcome.js'

/** The question of an agent as a person sees it: with the agent's name, since its words are not the product's. */
export function questionOf({ question, options }: PersonQuestion, { ref }: AgentSnapshot): StepQuestion {
  const { name, version } = ref
  return {
    kind: 'question',
    question: `Agent ${name} asks: ${question}`,
    subject: { function: 'ask.person', agent: { name, version }, question, options },
    files: [],
    options: options.map((label, index) => ({ answer: `option:${index + 1}`, label })),
    risk: 'low',
  }
}

/** The chosen option on stdout, what the person said with it on stderr. */
export function outcomeOfAnswer(
  { options }: PersonQuestion,
  { answer, comment = '' }: ApprovalAnswered,
): FunctionOutcome {
  const number = /^option:(\d+)$/.exec(answer)?.[1]
  const chosen = number === undefined ? undefined : options[Number(number) - 1]
  const said = { stderr: comment, truncated: false, tookMs: 0 }
  if (chosen !== undefined) return { ending: 'exited', exitCode: 0, stdout: chosen, ...said }
  return {
    ending: 'refused',
    stdout: '',
    ...said,
    stderr: 'the answer is none of the options',
    refused: true,
  }
}
