// eslint-disable-next-line @typescript-eslint/triple-slash-reference -- needed too where the sources are read directly
/// <reference path="./wink-porter2-stemmer.d.ts" />
import stem from 'wink-porter2-stemmer'
import { plainWordsOf } from './plain-words.js'
import { STOP_WORDS } from './stop-words.js'

const LONGEST_WORD = 40
const WORD = /[\p{L}\p{M}\p{N}]+/gu
const CAMEL_HUMP = /(\p{Ll})(\p{Lu})/gu
const APOSTROPHE_TAIL = /['’](?:s|t|re|ve|ll|d|m)\b/giu
const LATIN = /^[a-z]+$/
// eslint-disable-next-line no-control-regex -- control characters are plain text too
const PLAIN = /^[\x00-\x7f\u2010-\u206f\u2190-\u2bff]*$/
const LAST_DIGIT = 57
const NUMBER = /^\d+$/
const UNSPACED_SCRIPT =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Khmer}\p{Script=Lao}]/u

/** British to American, on both sides of the comparison, so that a licence is a license. */
const inOneSpelling = (word: string): string => {
  if (word.length < 6) return word
  return word
    .replace(/^licenc/, 'licens')
    .replace(/is(e|es|ed|ing|ation|ations|er|ers)$/, 'iz$1')
    .replace(/ys(e|es|ed|ing|er|ers)$/, 'yz$1')
    .replace(/our(s|ed|ing|ful|ite)?$/, 'or$1')
    .replace(/ogue(s?)$/, 'og$1')
}

/** One word as it is indexed, or undefined for a stop word. */
export const termOf = (word: string): string | undefined => {
  if (STOP_WORDS.has(word)) return undefined
  if (!LATIN.test(word)) return word.slice(0, LONGEST_WORD)
  if (word.length === 1) return undefined
  return stem(inOneSpelling(word.slice(0, LONGEST_WORD)))
}

const pairsOfCharacters = (run: string): string[] => {
  const characters = [...run]
  if (characters.length < 3) return [run]
  return characters.slice(1).map((character, index) => `${characters[index]}${character}`)
}

/** Lower-case words of a text in order: identifiers taken apart, scripts without spaces cut into pairs of characters. */
export const wordsOf = (text: string): string[] => {
  if (PLAIN.test(text)) return plainWordsOf(text)
  const plain = text.normalize('NFKC').replace(APOSTROPHE_TAIL, '').replace(CAMEL_HUMP, '$1 $2').toLowerCase()
  const found = plain.match(WORD) ?? []
  if (!UNSPACED_SCRIPT.test(plain)) return found
  return found.flatMap((word) => (UNSPACED_SCRIPT.test(word) ? pairsOfCharacters(word) : [word]))
}

/** "from 8 to 9" is another thing than "from 9 to 10": two numbers at most one word apart make a term of their own. */
export const numberPairs = (words: readonly string[]): string[] => {
  const pairs: string[] = []
  const isNumber = (word: string | undefined): word is string =>
    word !== undefined && word.charCodeAt(0) <= LAST_DIGIT && NUMBER.test(word)
  words.forEach((word, at) => {
    if (!isNumber(word)) return
    const next = [words[at + 1], words[at + 2]].find(isNumber)
    if (next !== undefined) pairs.push(`${word}>${next}`)
  })
  return pairs
}

export interface QueryTerm {
  readonly term: string
  /** The first word of the text that gave the term. */
  readonly word: string
}

/** The distinct terms of a text, in order of their first appearance. */
export const queryTermsOf = (text: string): QueryTerm[] => {
  const words = wordsOf(text)
  const terms = new Map<string, string>()
  for (const word of words) {
    const term = termOf(word)
    if (term !== undefined && !terms.has(term)) terms.set(term, word)
  }
  for (const pair of numberPairs(words)) terms.set(pair, pair.replace('>', ' to '))
  return [...terms].map(([term, word]) => ({ term, word }))
}
