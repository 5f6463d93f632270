import type { ApprovalView, PlainAnswer } from '@guildhall/contracts'
import { describe, expect, it } from 'vitest'
import { UsageError } from '../exit.codes.js'
import { pendingCall, pendingChoice, pendingHire } from './approval.fixture.js'
import { allowingAnswer, approvalCourse } from './approval.policy.js'

const anna = { clientId: 'anna', canAsk: true }

describe('approvalCourse', () => {
  it('asks the person at a terminal when no flag was given', () => {
    expect(approvalCourse(pendingHire, anna)).toEqual({ by: 'person' })
  })

  it.each([true, false])('lets the flag decide (terminal: %s)', (canAsk) => {
    expect(approvalCourse(pendingHire, { ...anna, flag: 'permanent', canAsk })).toEqual({
      by: 'flag',
      answer: 'permanent',
      why: 'Answered by --approve permanent.',
    })
  })

  it('refuses without a terminal and without a flag, and says how to allow it', () => {
    const course = approvalCourse(pendingCall, { ...anna, canAsk: false })
    expect(course).toMatchObject({ by: 'default', answer: 'refuse' })
    if (course.by !== 'person') expect(course.why).toMatch(/^Refused: .*--approve once/)
  })

  it.each(['once', 'permanent', 'refuse', undefined] as const)(
    'leaves to others what its own client may not answer (flag: %s)',
    (flag) => {
      const others = { ...pendingCall, approvers: { ...pendingCall.approvers, requesterMayAnswer: false } }
      expect(approvalCourse(others, { ...anna, flag })).toMatchObject({ by: 'others' })
      expect(approvalCourse(others, { ...anna, flag, clientId: 'ben' }).by).not.toBe('others')
    },
  )

  it.each([
    ['once', pendingChoice, 'agent:1'],
    ['permanent', pendingChoice, 'agent:1'],
    ['refuse', pendingChoice, 'refuse'],
    ['permanent', { ...pendingCall, options: pendingCall.options.slice(0, 2) }, 'once'],
    ['once', { ...pendingCall, options: [{ answer: 'skip', label: 'Skip' }] }, 'refuse'],
  ] satisfies [PlainAnswer, ApprovalView, string][])(
    'takes the flag %s for what it clearly allows (%#)',
    (flag, approval, answer) => {
      expect(approvalCourse(approval, { ...anna, flag })).toMatchObject({ by: 'flag', answer })
    },
  )
})

describe('allowingAnswer', () => {
  const only = (answer: string) => [
    { answer: 'refuse', label: '' },
    { answer, label: '' },
  ]

  it('is once, for good, or what is named', () => {
    expect(allowingAnswer(pendingCall.options, {})).toBe('once')
    expect(allowingAnswer(pendingCall.options, { permanent: true })).toBe('permanent')
    expect(allowingAnswer(pendingChoice.options, { choose: '2' })).toBe('agent:2')
    expect(allowingAnswer(pendingChoice.options, { choose: 'propose' })).toBe('propose')
    expect(allowingAnswer(only('permanent'), {})).toBe('permanent')
  })

  it.each([
    [pendingChoice.options, {}],
    [pendingChoice.options, { permanent: true }],
    [pendingChoice.options, { choose: '3' }],
    [pendingChoice.options, { choose: 'refuse' }],
    [only('once'), { permanent: true }],
  ])('asks to name one of those offered where that leaves it open (%#)', (options, given) => {
    expect(() => allowingAnswer(options, given)).toThrow(UsageError)
  })

  it('says which there are', () => {
    expect(() => allowingAnswer(pendingChoice.options, {})).toThrow('--choose one of 1, 2, propose')
  })
})
