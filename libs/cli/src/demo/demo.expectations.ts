import type { DemoProposal, DemoTask, Expectation } from './demo.report.js'

/** What the demo promises, held against what happened. */
export function demoExpectations(tasks: {
  fits: DemoTask
  hires: DemoProposal
  nobody: DemoTask
  llm?: DemoTask
}): Expectation[] {
  const { fits, hires, nobody, llm } = tasks
  return [
    {
      what: 'the task that an agent fits is completed and leaves a report',
      isMet: fits.state === 'completed' && fits.artifacts.length > 0,
    },
    expectationOfProposal(hires),
    {
      what: 'the task that nothing fits is rejected without an agent, naming what is missing',
      isMet: nobody.state === 'rejected' && !nobody.agent && nobody.missingSkills.length > 0,
    },
    ...(llm ? [{ what: 'the LLM agent’s task is completed', isMet: llm.state === 'completed' }] : []),
  ]
}

function expectationOfProposal(task: DemoProposal): Expectation {
  const completed = task.state === 'completed'
  if (task.answer === undefined)
    return { what: 'the agent from an earlier permission does its task unasked', isMet: completed }
  switch (task.answer) {
    case 'refuse':
      return {
        what: 'the refused proposal ends its task without an agent',
        isMet: task.state === 'rejected' && !task.agentRemains,
      }
    case 'once':
      return {
        what: 'the agent allowed once does its task and is gone afterwards',
        isMet: completed && !task.agentRemains,
      }
    case 'permanent':
      return {
        what: 'the agent allowed permanently does its task and stays',
        isMet: completed && task.agentRemains,
      }
  }
}
