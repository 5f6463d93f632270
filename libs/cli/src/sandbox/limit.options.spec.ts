import { describe, expect, it } from 'vitest'
import { collectLimit, limitsHelp, parseSize } from './limit.options.js'

describe('parseSize', () => {
  it.each([
    ['4096', 4096],
    ['10b', 10],
    ['64k', 65_536],
    ['512M', 536_870_912],
    ['1.5GiB', 1_610_612_736],
    ['2gb', 2_147_483_648],
  ])('takes %s as %i bytes', (text, size) => {
    expect(parseSize(text)).toBe(size)
  })

  it.each(['', '0', '-1', '1x', 'k', '0.0001', '1 M'])('refuses "%s"', (text) => {
    expect(() => parseSize(text)).toThrow('Use a size')
  })
})

describe('limits', () => {
  it('are collected over all times that the option was given', () => {
    const limits = ['wall=1500ms', 'cpu=1.2s', 'memory=1G', 'open-files=64', 'wall=2s'].reduce(
      (earlier, text) => collectLimit(text, earlier),
      {},
    )
    expect(limits).toEqual({ wallMs: 2_000, cpuSeconds: 2, memoryBytes: 2 ** 30, openFiles: 64 })
  })

  it.each(['wall', '=1', 'walls=1s', 'constructor=1', 'wall=x', 'processes=1.5'])('refuse "%s"', (text) => {
    expect(() => collectLimit(text)).toThrow(/^Use /)
  })

  it('are all in the help', () => {
    expect(limitsHelp()).toContain('memory      memory of all processes together (512M)')
    expect(limitsHelp().split('\n')).toHaveLength(12)
  })
})
