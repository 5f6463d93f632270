import { describe, expect, it } from 'vitest'
import { isOutage } from './outage.codes.js'

describe('an outage', () => {
  it.each([
    ['a refused, lost or timed out connection', { code: 'ECONNREFUSED', errno: -111, fatal: true }],
    ['a connection lost in a query', { driverError: { code: 'PROTOCOL_CONNECTION_LOST', fatal: true } }],
    ['a server that shuts down', { driverError: { errno: 1053 } }],
    ['a connection that the server ended', { errno: 1927 }],
    ['too many connections', { errno: 1040 }],
    ['too many connections of one user', { errno: 1203 }],
    ['a server that only reads', { driverError: { errno: 1290 } }],
    ['a password that is being changed', { driverError: { errno: 1045 } }],
    ['a full disk', { errno: 1021 }],
  ])('is %s', (_, error) => {
    expect(isOutage(error)).toBe(true)
  })

  it.each([
    ['a deadlock', { driverError: { errno: 1213 } }],
    ['a key that exists', { driverError: { errno: 1062, fatal: false } }],
    ['a packet that is too large', { errno: 1153 }],
    ['an error in the SQL', { driverError: { errno: 1064 } }],
    ['a query that somebody ended', { errno: 1317 }],
    ['an error of the program', new TypeError('fatal')],
    ['nothing', undefined],
  ])('is not %s', (_, error) => {
    expect(isOutage(error)).toBe(false)
  })
})
