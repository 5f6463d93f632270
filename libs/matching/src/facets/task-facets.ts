import {
  ACTING_VERBS,
  ALSO_NOUNS,
  INTERROGATIVES,
  OBJECT_STARTS,
  QUESTION_WORDS,
  REFINING_VERBS,
} from './request-words.js'
import { STOP_WORDS } from '../lexical/stop-words.js'
import { wordsOf } from '../lexical/text-tokens.js'

/** Characters of a task that are read; it bounds the time of one analysis. */
export const READ_TASK_CHARACTERS = 6_000
export const MAX_FACETS = 8

const CLOSED_FENCE = /(```|~~~)[\s\S]*?\1/g
const OPEN_FENCE = /(```|~~~)[\s\S]*$/
const SENTENCE_END = /(?<=[.!?。！？])\s+|(?<=[。！？])|;\s*|\n\s*\n|\n\s*(?:[-*•]|\d+[.)])\s+/u
const LEADING_JOINT = /^(?:(?:and|then|also)\b,?\s+)+/i
const JOINT = /\s*,?\s+(?:and(?:\s+then|\s+also)?|then|also)\s+/giu

/** The prose of a task: cut to what is read, code blocks left out. */
export const proseOf = (task: string): string =>
  task.slice(0, READ_TASK_CHARACTERS).replace(CLOSED_FENCE, '\n').replace(OPEN_FENCE, '').trim()

export interface Clause {
  readonly text: string
  /** First word after politeness, lower case; empty when there is none. */
  readonly verb: string
  /** The parts of the clause that were not requests by their grammar; one of them may still name a skill of its own. */
  readonly parts: readonly string[]
}

const POLITE =
  /^(?:(?:please|kindly|and|then|also|next|finally|afterwards|additionally|now|just|first|second|third|lastly|so)\b[\s,:]*)+/i
const WISH =
  /^(?:(?:i|we)(?:['’]d| would)? (?:also )?(?:want|need|like|wish|have)(?: you)? to |(?:can|could|would|will) you (?:please |also )*|help (?:me|us)(?: to)? |let(?:['’]s| us| me) )+/i
const WISH_FOR_A_THING =
  /^(?:i|we)(?:['’]d| would)? (?:also )?(?:want|need|like) (?:an?|the|some|all|my|our) /i
const SUBJECT =
  /^(?:i|we|you|he|she|it|they|my|our|your|his|her|its|their|this|that|these|those|there|the|an?)\b/i

const withoutPoliteness = (text: string): string =>
  text.replace(POLITE, '').replace(WISH, '').replace(POLITE, '')

const clauseOf = ({ text, parts }: Request): Clause => ({
  text: text.replace(LEADING_JOINT, ''),
  parts,
  verb: wordsOf(withoutPoliteness(text))[0] ?? '',
})

interface Request {
  text: string
  parts: string[]
}

const asksForSomething = (text: string, startsSentence: boolean): boolean => {
  const request = withoutPoliteness(text)
  if (WISH_FOR_A_THING.test(request)) return true
  const [first, second] = wordsOf(request)
  if (first === undefined || SUBJECT.test(request)) return false
  const isVerb = REFINING_VERBS.has(first) || ACTING_VERBS.has(first)
  if (isVerb && (startsSentence || !ALSO_NOUNS.has(first))) return true
  if (INTERROGATIVES.has(first) || (startsSentence && QUESTION_WORDS.has(first))) return true
  return second !== undefined && OBJECT_STARTS.has(second) && (isVerb || !STOP_WORDS.has(first))
}

/** A part that asks for nothing of its own belongs to its neighbour: "licences and install sizes", "The logs are large." */
const glued = (parts: readonly { text: string; joint: string }[]): Request[] => {
  const requests: Request[] = []
  let opening: Request = { text: '', parts: [] }
  for (const { text, joint } of parts) {
    const last = requests.at(-1)
    if (asksForSomething(text, joint === ' ')) {
      requests.push({ text: opening.text + text, parts: [...opening.parts, text] })
      opening = { text: '', parts: [] }
    } else if (last !== undefined) {
      last.text += joint + text
      last.parts.push(text)
    } else
      opening = {
        text: `${opening.text}${opening.text === '' ? '' : joint}${text} `,
        parts: [...opening.parts, text],
      }
  }
  return opening.text === '' ? requests : [...requests, { ...opening, text: opening.text.trim() }]
}

/** What a task asks for, one clause each, in order; at most `MAX_FACETS`, the rest stays in the last one. */
export const clausesOf = (prose: string): Clause[] => {
  const sentences = prose.split(SENTENCE_END).map((sentence) => sentence.trim())
  const parts = sentences
    .filter((sentence) => sentence !== '')
    .flatMap((sentence) => {
      const joints = sentence.match(JOINT) ?? []
      return sentence
        .split(JOINT)
        .map((text, index) => ({ text, joint: index === 0 ? ' ' : joints[index - 1]! }))
    })
  const requests = glued(parts.filter(({ text }) => text !== ''))
  const kept = requests.slice(0, MAX_FACETS - 1)
  const rest = requests.slice(MAX_FACETS - 1)
  const last: Request = {
    text: rest.map(({ text }) => text).join(' '),
    parts: rest.flatMap((request) => request.parts),
  }
  return [...kept, ...(rest.length === 0 ? [] : [last])].map(clauseOf)
}
