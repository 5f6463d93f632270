import { describe, expect, it } from 'vitest'
import { type IndexedText, TermIndex } from './term-index.js'
import { queryTermsOf } from './text-tokens.js'

const text = (name: string, description = '', body = ''): IndexedText => ({
  name,
  description,
  tags: [],
  examples: [],
  body,
})
const query = queryTermsOf('draft the invoice for a customer')
const filled = (...texts: IndexedText[]) => {
  const index = new TermIndex()
  texts.forEach((one, slot) => index.add(slot, one))
  return index
}
const texts = [
  text('invoices', 'Drafts an invoice for a customer', 'Ask the customer first.'),
  text('logs', 'Finds errors in logs'),
  text('letters', 'Drafts letters to a customer'),
]

describe('the index of terms', () => {
  it('answers the same however the texts came there', () => {
    const grown = filled(text('other', 'A draft of something else for an invoice'), texts[1]!)
    grown.remove(0)
    grown.add(2, texts[2]!)
    grown.add(0, texts[0]!)
    const built = filled(...texts)
    expect(grown.score(query)).toEqual(built.score(query))
    expect(grown.matchedWords(query, 0)).toEqual(built.matchedWords(query, 0))
    expect(grown.lengthOf(0)).toBe(built.lengthOf(0))
  })
  it('forgets a text that is removed, and nothing else', () => {
    const index = filled(...texts)
    index.remove(0)
    index.remove(0)
    const { scores, shares } = index.score(query)
    expect(scores[0]).toBe(0)
    expect(shares[0]).toBe(0)
    expect(scores[2]).toBeGreaterThan(0)
    expect(index.contains('invoic', 0)).toBe(false)
  })
  it('weighs a word the less, the more texts have it', () => {
    const index = filled(...texts)
    expect(index.idf('unheard')).toBeGreaterThan(index.idf('invoic'))
    expect(index.idf('invoic')).toBeGreaterThan(index.idf('custom'))
  })
  it('gains next to nothing from a word that is repeated', () => {
    const index = filled(text('a', 'invoice '.repeat(1_000)), text('b', 'invoice for a customer'))
    const { scores } = index.score(query)
    expect(scores[1]).toBeGreaterThan(scores[0]!)
  })
  it('says which share of a query a text contains', () => {
    const { shares, topical } = filled(...texts).score(query)
    expect(shares[0]).toBeCloseTo(1)
    expect(shares[1]).toBe(0)
    expect(topical[0]).toBe(3)
  })
})
