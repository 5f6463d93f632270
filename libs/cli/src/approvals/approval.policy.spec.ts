import { describe, expect, it } from 'vitest'
import { approvalCourse, explainCourse } from './approval.policy.js'

describe('approvalCourse', () => {
  it('asks the person at a terminal when no flag was given', () => {
    expect(approvalCourse(undefined, true)).toEqual({ by: 'person' })
  })

  it.each([true, false])('lets the flag decide (terminal: %s)', (canAsk) => {
    expect(approvalCourse('permanent', canAsk)).toEqual({ by: 'flag', answer: 'permanent' })
  })

  it('refuses without a terminal and without a flag, and says how to allow it', () => {
    const course = approvalCourse(undefined, false)
    expect(course).toEqual({ by: 'default', answer: 'refuse' })
    if (course.by !== 'person') expect(explainCourse(course)).toMatch(/^Refused: .*--approve once/)
  })
})
