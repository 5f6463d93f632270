import { readFileSync } from 'node:fs'
import { LLMock } from '@copilotkit/aimock'
import { AgentCreate, AgentCreated } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningStack } from './running.stack.js'

const apiKey = 'sk-not-to-be-seen-anywhere'
const model = new LLMock({ port: 0, strict: true })
let guildhall: RunningStack

beforeAll(async () => {
  await model.start()
  guildhall = await RunningStack.start({
    env: {
      executor: { OPENAI_BASE_URL: `${model.url}/v1`, OPENAI_API_KEY: apiKey, GUILDHALL_MODEL: 'double' },
    },
  })
  await guildhall.teach({
    skill: 'poem-writing',
    description: 'Writes a short poem about a subject.',
    examples: ['Write a short poem about the sea'],
    steps: [{ id: 'never', call: 'bash', arguments: { command: 'false' } }],
  })
  await guildhall.client.request(
    AgentCreate,
    { name: 'poet', description: 'Writes poems.', skills: ['poem-writing'], runtime: 'llm' },
    AgentCreated,
  )
})
afterAll(async () => {
  await guildhall.stop()
  await model.stop()
})

describe('an agent that a model drives', () => {
  it('works with the same functions in the same sandbox, and its key is seen nowhere', async () => {
    model.on({ endpoint: 'chat' }, (request) => {
      const turns = request.messages.filter((message) => message.role === 'assistant').length
      if (turns > 0) return { content: 'The poem is in poem.txt.' }
      const command = 'env > artifacts/environment.txt; echo "the sea, the sea" > artifacts/poem.txt'
      return {
        toolCalls: [
          {
            id: 'call_1',
            name: 'bash',
            arguments: JSON.stringify({ command: `mkdir -p artifacts; ${command}` }),
          },
        ],
      }
    })
    const { task, events } = await guildhall.run({ goal: 'Write a short poem about the sea' })
    expect(task).toMatchObject({
      state: 'completed',
      result: 'The poem is in poem.txt.',
      agent: { name: 'poet' },
    })
    const [environment, poem] = ['environment.txt', 'poem.txt'].map((name) =>
      readFileSync(task.artifacts.find((artifact) => artifact.name === name)?.path ?? '', 'utf8'),
    )
    expect(poem).toBe('the sea, the sea\n')
    expect(environment).not.toContain(apiKey)
    const kinds = events.flatMap((event) => (event.type === 'run.progressed' ? [event.value.step.kind] : []))
    expect(kinds).toEqual(['model-turn', 'function-call', 'function-call', 'model-turn'])

    const admin = guildhall.redis('admin')
    const said = JSON.stringify(await admin.xrange(`gh:{main}:reply:${guildhall.replyStream}`, '-', '+'))
    admin.disconnect()
    expect(said).not.toContain(apiKey)
    for (const service of ['router', 'executor', 'task-scheduler', 'skill-registry', 'audit']) {
      expect(readFileSync(`${guildhall.stateDir}/logs/${service}.log`, 'utf8')).not.toContain(apiKey)
    }
  })
})
