import { type FunctionName, functionNames, RequestError, type SkillDraft } from '@guildhall/contracts'
import { readDraft } from './draft.document.js'

/** Skills that one proposal may draft. */
export const mostDrafts = 3
const mostExamples = 5
const longestInstructions = 8_000
const longestExample = 500
const longestPrompt = 4_000

/** What a model answers: skills that the task lacks, and the agent that would hold them. */
export interface ModelDraft {
  skills: {
    name: string
    description: string
    instructions: string
    examples: string[]
    functions: string[]
  }[]
  agent: { description: string; prompt: string }
}

/** A draft that people may see. */
export interface CheckedDraft {
  skills: SkillDraft[]
  agent: ModelDraft['agent']
  /** Functions that the model asked for and the requester does not hold. */
  removed: FunctionName[]
}

/** The shape of a draft; what it cannot say is in `problemOfDraft`. */
export const draftSchema = {
  type: 'object',
  properties: {
    skills: {
      type: 'array',
      minItems: 1,
      maxItems: mostDrafts,
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 64 },
          description: { type: 'string', minLength: 1, maxLength: 1024 },
          instructions: { type: 'string', minLength: 1, maxLength: longestInstructions },
          examples: {
            type: 'array',
            minItems: 1,
            maxItems: mostExamples,
            items: { type: 'string', minLength: 1, maxLength: longestExample },
          },
          functions: { type: 'array', maxItems: 20, items: { type: 'string', enum: [...functionNames] } },
        },
        required: ['name', 'description', 'instructions', 'examples', 'functions'],
        additionalProperties: false,
      },
    },
    agent: {
      type: 'object',
      properties: {
        description: { type: 'string', minLength: 1, maxLength: 1024 },
        prompt: { type: 'string', minLength: 1, maxLength: longestPrompt },
      },
      required: ['description', 'prompt'],
      additionalProperties: false,
    },
  },
  required: ['skills', 'agent'],
  additionalProperties: false,
}

/** What is wrong with a draft, in words that a model may read; undefined when people may see it. */
export function problemOfDraft(draft: ModelDraft, takenNames: ReadonlySet<string>): string | undefined {
  const names = draft.skills.map((skill) => skill.name)
  const taken = names.find((name) => takenNames.has(name))
  if (taken !== undefined) return `there is a skill ${taken} already: give the new one another name`
  if (new Set(names).size < names.length) return 'two of the skills have one name'
  const texts = [draft.agent.description, draft.agent.prompt]
  if (texts.some((text) => text.trim() === '' || text.includes('\0') || !text.isWellFormed())) {
    return 'description and prompt of the agent must be text'
  }
  for (const skill of draft.skills) {
    try {
      readDraft(asSkillDraft(skill, functionNames))
    } catch (error) {
      if (error instanceof RequestError) return `the skill ${skill.name} cannot be used: ${error.message}`
      throw error
    }
  }
  return undefined
}

/** A draft that has no problem, cut to the functions that its requester holds. */
export function cutDraft({ skills, agent }: ModelDraft, held: readonly FunctionName[]): CheckedDraft {
  const asked = new Set(skills.flatMap((skill) => skill.functions))
  return {
    skills: skills.map((skill) => asSkillDraft(skill, held)),
    agent,
    removed: functionNames.filter((name) => asked.has(name) && !held.includes(name)),
  }
}

function asSkillDraft(skill: ModelDraft['skills'][number], held: readonly FunctionName[]): SkillDraft {
  const { name, description, instructions, examples, functions } = skill
  return {
    name,
    description,
    requiredCapabilities: held.filter((one) => functions.includes(one)),
    promptTemplate: instructions.trim(),
    examples,
  }
}
