import { describe, expect, it } from 'vitest'
import { queryTermsOf, wordsOf } from './text-tokens.js'

const terms = (text: string) => queryTermsOf(text).map(({ term }) => term)

describe('the terms of a text', () => {
  it('takes identifiers apart and drops stop words', () => {
    expect(wordsOf("findDuplicateFiles in the user's node_modules")).toEqual(
      ['find', 'Duplicate', 'Files', 'in', 'the', 'user', 'node', 'modules'].map((word) =>
        word.toLowerCase(),
      ),
    )
    expect(terms('the files and the folders')).toEqual(['file', 'folder'])
  })
  it('reads British and American spelling alike', () => {
    expect(terms('licences organised by colour')).toEqual(terms('licenses organized by color'))
  })
  it('keeps numbers and the order of two of them', () => {
    expect(terms('upgrade from 8 to 9')).toContain('8>9')
    expect(terms('upgrade from 9 to 8')).not.toContain('8>9')
  })
  it('gives the same words for plain text and for text with one accented word', () => {
    const text = "Don't parse HTTPServer2 v1.5 – it’s “quoted”: isn't it? fooBar"
    expect(wordsOf(`${text} é`)).toEqual([...wordsOf(text), 'é'])
  })
  it('cuts scripts without spaces into pairs and keeps words of other scripts', () => {
    expect(terms('重复文件')).toEqual(['重复', '复文', '文件'])
    expect(terms('найти файлы')).toEqual(['найти', 'файлы'])
  })
})
