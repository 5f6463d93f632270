import { createMatcher, type Embedder } from '@guildhall/matching'
import { type Answer, answer } from './answer.js'
import type { Suite } from './suite.reading.js'

/** The matcher's answers to all queries of a suite, one after the other. */
export async function* answersOf(suite: Suite, embedder: Embedder | undefined): AsyncGenerator<Answer> {
  const matcher = createMatcher({ skills: suite.skills, agents: suite.agents, embedder })
  await matcher.ready()
  for (const query of suite.queries) yield answer(matcher, suite.name, query)
}
