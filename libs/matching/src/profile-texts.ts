import type { IndexedText } from './lexical/term-index.js'
import type { AgentProfile, SkillProfile } from './matcher.js'

const DESCRIPTION_SENTENCES = 2
/** Characters of each text that are read: the time that a new skill takes grows with them, its vector hardly changes. */
const READ_CHARACTERS = 200
/** More examples than this move the middle of a skill's texts little. */
const MOST_EXAMPLES = 20
const SENTENCE_END = /(?<=[.!?;])\s+/

const told = (texts: readonly string[]): string[] =>
  texts.map((text) => text.trim().slice(0, READ_CHARACTERS)).filter((text) => text !== '')

/** The texts in whose middle a skill's vector lies. */
export const sentencesOfSkill = ({ name, description, examples }: SkillProfile): string[] =>
  told([
    name,
    `${name}. ${description}`,
    ...description.split(SENTENCE_END).slice(0, DESCRIPTION_SENTENCES),
    ...examples.slice(0, MOST_EXAMPLES),
  ])

/** None when an agent says nothing of itself: a name alone has a meaning only by accident. */
export const sentencesOfAgent = (agent: AgentProfile): string[] => {
  const { name, description, keywords = [], examplePrompts = [] } = agent
  const own = told([keywords.join(', '), ...examplePrompts.slice(0, MOST_EXAMPLES)])
  return description.trim() === '' ? own : [...told([`${name}. ${description}`]), ...own]
}

export const textOfAgent = (agent: AgentProfile): IndexedText => ({
  name: agent.name,
  description: agent.description,
  tags: agent.keywords ?? [],
  examples: agent.examplePrompts ?? [],
  body: '',
})
