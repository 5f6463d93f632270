import { describe, expect, it } from 'vitest'
import { destinationsOf } from './message.destinations.js'

const replyStreamOf = (id: string) => (id === 'anna' ? 'anna-secret' : undefined)
const destinations = (type: string, replyto?: string) =>
  destinationsOf({ type, ...(replyto !== undefined && { replyto }) }, replyStreamOf)

describe('a message', () => {
  it('to a service goes to its ear, whoever may be answered', () => {
    for (const replyto of [undefined, 'anna', '/services/executor']) {
      expect(destinations('task.run', replyto)).toEqual({
        deliverTo: { to: ['executor'] },
        deliveredTo: ['to:executor'],
      })
    }
  })

  it('to a client goes to its secret reply stream, and the stamp names the client alone', () => {
    expect(destinations('task.found', 'anna')).toEqual({
      deliverTo: { to: [], reply: ['anna-secret'] },
      deliveredTo: ['reply:anna'],
    })
  })

  it('to who asked goes to the service that asked', () => {
    expect(destinations('task.found', '/services/executor')).toEqual({
      deliverTo: { to: [], answer: ['executor'] },
      deliveredTo: ['answer:executor'],
    })
  })

  it('to nobody that is known goes nowhere', () => {
    for (const replyto of [
      undefined,
      '',
      'ben',
      'anna-secret',
      '/services/nobody',
      '/services/',
      '/clients/anna',
    ]) {
      expect(destinations('task.found', replyto).deliveredTo).toEqual([])
    }
    expect(destinations('no.such', 'anna')).toEqual({ deliverTo: {}, deliveredTo: [] })
  })
})
