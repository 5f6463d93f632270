import { expect, it } from 'vitest'
import { replaceBlocks } from './page.blocks.js'

const page = 'Words.\n\n<!-- rendered: one -->\nold\n<!-- /rendered -->\n\nMore words.\n'

it('replaces what is rendered and leaves what people wrote', () => {
  const fresh = 'Words.\n\n<!-- rendered: one -->\n\n$& new\n\n<!-- /rendered -->\n\nMore words.\n'
  expect(replaceBlocks(page, { one: '$& new' })).toBe(fresh)
  expect(replaceBlocks(fresh, { one: '$& new' })).toBe(fresh)
})

it('refuses a page with a block too many or too few', () => {
  expect(() => replaceBlocks(page, {})).toThrow('The page has a block one, which nobody renders')
  expect(() => replaceBlocks(page, { one: '', two: '' })).toThrow('The page lacks the blocks two')
})
