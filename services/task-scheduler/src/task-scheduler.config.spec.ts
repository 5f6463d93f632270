import { Environment, SettingError } from '@guildhall/service-defaults'
import { expect, it } from 'vitest'
import { readTaskSchedulerConfig } from './task-scheduler.config.js'

const name = 'GUILDHALL_APPROVAL_REQUESTER_MAY_ANSWER'
const read = (values: Record<string, string>) => readTaskSchedulerConfig(new Environment(values))

it('lets nobody answer the own questions unless it is told to', () => {
  expect(read({}).requesterMayAnswer).toBe(false)
  expect(read({ [name]: 'true' }).requesterMayAnswer).toBe(true)
  expect(read({ [name]: 'false' }).requesterMayAnswer).toBe(false)
  expect(() => read({ [name]: 'yes' })).toThrow(SettingError)
})
