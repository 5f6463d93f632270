import 'reflect-metadata'
import { describe, expect, it } from 'vitest'
import {
  hardLimitBytes,
  inlineLimitBytes,
  largestPayloadBytes,
  type MessageDefinition,
} from './message.definition.js'
import { roles, serviceNames } from './service.names.js'
import { TaskSubmit } from './task.messages.js'
import { messageOf } from './topology.definition.js'
import { topology } from './topology.js'

const typesWhere = (isWrong: (row: MessageDefinition) => boolean) =>
  topology.messages.filter(isWrong).map((row) => row.type)

describe('the topology', () => {
  it('has each type and each payload class once', () => {
    expect(new Set(topology.messages.map((row) => row.type)).size).toBe(topology.messages.length)
    expect(new Set(topology.messages.map((row) => row.payload)).size).toBe(topology.messages.length)
  })

  it('names each message as noun and verb, in lower case', () => {
    expect(typesWhere((row) => !/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/.test(row.type))).toEqual([])
  })

  it('has a speaker and a listener for each message, known ones, none twice', () => {
    const known = new Set<string>([...serviceNames, 'client'])
    const isWrong = (names: readonly string[]) =>
      names.length === 0 || new Set(names).size < names.length || names.some((name) => !known.has(name))
    expect(typesWhere((row) => isWrong(row.from) || isWrong(row.to))).toEqual([])
  })

  it('lets nobody speak to itself, and no client to a client', () => {
    expect(typesWhere((row) => row.from.some((speaker) => row.to.includes(speaker)))).toEqual([])
  })

  it('asks for a known role exactly where a client speaks', () => {
    expect(typesWhere((row) => row.from.includes('client') !== (row.role !== undefined))).toEqual([])
    expect(typesWhere((row) => row.role !== undefined && !roles.includes(row.role))).toEqual([])
  })

  it('has an answer for every request of a client, and for what one service asks another', () => {
    expect(typesWhere((row) => row.from.includes('client') && row.reply === undefined)).toEqual([])
    expect(typesWhere((row) => !row.from.includes('client') && row.reply !== undefined)).toEqual([
      'task.delegate',
    ])
  })

  it('lets the one service that hears a request say its answer, to the client', () => {
    const isWrong = ({ to, reply }: MessageDefinition) => {
      if (reply === undefined) return false
      const answer = topology.find(reply)
      return to.length !== 1 || !answer?.to.includes('client') || !answer.from.includes(to[0]!)
    }
    expect(typesWhere(isWrong)).toEqual([])
  })

  it('lets every service that hears a client refuse the request', () => {
    const hearers = topology.messages.filter((row) => row.from.includes('client')).flatMap((row) => row.to)
    expect(topology.find('request.refused')?.from).toEqual(expect.arrayContaining([...new Set(hearers)]))
  })

  it('allows no message more than the hard limit, or the largest payload if services alone hear it, and none nothing', () => {
    const limitOf = (row: MessageDefinition) =>
      row.to.includes('client') ? hardLimitBytes : largestPayloadBytes
    expect(typesWhere((row) => !(row.maxBytes > 0 && row.maxBytes <= limitOf(row)))).toEqual([])
    // A client cannot put a payload down apart.
    expect(typesWhere((row) => row.from.includes('client') && row.maxBytes > hardLimitBytes)).toEqual([])
    expect(topology.find('task.cancel')?.maxBytes).toBe(inlineLimitBytes)
  })

  it('has payload classes that are made without arguments', () => {
    expect(typesWhere((row) => row.payload.length > 0)).toEqual([])
  })
})

describe('a row of the topology', () => {
  it('is found by type, by payload class and by who hears it', () => {
    const row = messageOf(TaskSubmit)
    expect(topology.find('task.submit')).toBe(row)
    expect(topology.heardBy('task-scheduler')).toContain(row)
    expect(topology.heardBy('executor')).not.toContain(row)
    expect(topology.find('task.unheard-of')).toBeUndefined()
  })

  it('is not found by what every object has', () => {
    expect(topology.find('constructor')).toBeUndefined()
    expect(topology.find('__proto__')).toBeUndefined()
  })

  it('is missed with a sentence that says where it belongs', () => {
    class Unlisted {}
    expect(() => messageOf(Unlisted)).toThrow('Unlisted is in no row of the topology: add it to topology.ts')
  })
})
