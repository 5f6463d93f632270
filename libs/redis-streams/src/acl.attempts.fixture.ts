import { shard } from './redis.fixture.js'
import { streamKeys } from './stream.keys.js'

/** A command that some user tries. */
export type Attempt = [what: string, ...command: string[]]

export const keys = streamKeys(shard)
export const largest = '18446744073709551615-18446744073709551615'

export const relayOf = (from: string, to: string, id = '1-1') =>
  ['FCALL', 'gh_relay', '3', from, keys.audit, to, 'router', 'i', '9999', '9999', 'w', id, id, '1', '{}', id, '{}', '{}', '1', '1', '3', '0'] // prettier-ignore
export const settleOf = (stream: string, letters: string, group: string, payload: string[] = []) =>
  ['FCALL', 'gh_settle', `${2 + payload.length}`, stream, letters, ...payload, group, 'i', '-', '+', '0', ...payload.map(() => '1-1')] // prettier-ignore

/** What streams can be harmed with, by whoever has no business with them. */
export function harm(stream: string, group: string): Attempt[] {
  return [
    ['write', 'XADD', stream, '*', 'event', '{}'],
    ['trim by writing', 'XADD', stream, 'MAXLEN', '0', '*', 'a', 'b'],
    ['brick by writing', 'XADD', stream, largest, 'a', 'b'],
    ['brick', 'XSETID', stream, largest],
    ['trim', 'XTRIM', stream, 'MAXLEN', '0'],
    ['delete an entry', 'XDEL', stream, '1-1'],
    ['acknowledge', 'XACK', stream, group, '1-1'],
    ['take over', 'XCLAIM', stream, group, 'spy', '0', '1-1'],
    ['take over what is idle', 'XAUTOCLAIM', stream, group, 'spy', '0', '0'],
    ['make a group', 'XGROUP', 'CREATE', stream, 'spies', '0'],
    ['move a group', 'XGROUP', 'SETID', stream, group, '$'],
    ['destroy a group', 'XGROUP', 'DESTROY', stream, group],
    ['remove a consumer', 'XGROUP', 'DELCONSUMER', stream, group, 'i'],
    ...harmOfKey(stream),
  ]
}

/** What any key can be harmed with. */
export function harmOfKey(key: string): Attempt[] {
  return [
    ['delete', 'DEL', key],
    ['unlink', 'UNLINK', key],
    ['expire', 'EXPIRE', key, '1'],
    ['expire', 'PEXPIREAT', key, '1'],
    ['persist', 'PERSIST', key],
    ['rename', 'RENAME', key, `${key}:x`],
    ['copy', 'COPY', key, `${key}:x`],
    ['move', 'MOVE', key, '1'],
    ['overwrite', 'SET', key, 'x'],
    ['overwrite', 'RESTORE', key, '0', 'x', 'REPLACE'],
    ['store over', 'SORT', key, 'STORE', key],
  ]
}

export function reading(stream: string, group: string): Attempt[] {
  return [
    ['hear', 'XREADGROUP', 'GROUP', group, 'spy', 'COUNT', '1', 'STREAMS', stream, '>'],
    ['hear again', 'XREADGROUP', 'GROUP', group, 'spy', 'STREAMS', stream, '0'],
    ['read', 'XREAD', 'STREAMS', stream, '0'],
    ['read', 'XRANGE', stream, '-', '+'],
    ['read backwards', 'XREVRANGE', stream, '+', '-'],
    ['count', 'XLEN', stream],
    ['see who hears', 'XPENDING', stream, group],
    ['look into', 'XINFO', 'STREAM', stream, 'FULL'],
    ['dump', 'DUMP', stream],
    ['find out the type', 'TYPE', stream],
    ['find out the size', 'MEMORY', 'USAGE', stream],
    ['find out the encoding', 'OBJECT', 'ENCODING', stream],
  ]
}

export const administration: Attempt[] = [
  ['run code', 'EVAL', 'return 1', '0'],
  ['run code', 'EVAL_RO', 'return 1', '0'],
  ['run code', 'EVALSHA', 'e0e1f9fabfc9d4800c877a703b823ac0578ff8db', '0'],
  ['load code', 'SCRIPT', 'LOAD', 'return 1'],
  ['flush code', 'SCRIPT', 'FLUSH'],
  ['kill code', 'SCRIPT', 'KILL'],
  [
    'load functions',
    'FUNCTION',
    'LOAD',
    '#!lua name=x\nredis.register_function("x", function() return 1 end)',
  ],
  ['flush functions', 'FUNCTION', 'FLUSH'],
  ['delete functions', 'FUNCTION', 'DELETE', 'guildhall'],
  ['list functions', 'FUNCTION', 'LIST'],
  ['dump functions', 'FUNCTION', 'DUMP'],
  ['call a reading function', 'FCALL_RO', 'gh_relay', '0'],
  ['list keys', 'KEYS', '*'],
  ['list keys', 'SCAN', '0'],
  ['guess a key', 'RANDOMKEY'],
  ['count keys', 'DBSIZE'],
  ['read settings', 'CONFIG', 'GET', '*'],
  ['change settings', 'CONFIG', 'SET', 'maxmemory', '1'],
  ['rewrite settings', 'CONFIG', 'REWRITE'],
  ['list users', 'ACL', 'LIST'],
  ['name users', 'ACL', 'USERS'],
  ['ask who it is', 'ACL', 'WHOAMI'],
  ['gain rights', 'ACL', 'SETUSER', 'executor', '+@all', '~*'],
  ['load users', 'ACL', 'LOAD'],
  ['debug', 'DEBUG', 'SLEEP', '0'],
  ['listen in', 'MONITOR'],
  ['list connections', 'CLIENT', 'LIST'],
  ['kill connections', 'CLIENT', 'KILL', 'TYPE', 'normal'],
  ['stop connections', 'CLIENT', 'PAUSE', '1'],
  ['stay unseen', 'CLIENT', 'NO-EVICT', 'on'],
  ['follow keys', 'CLIENT', 'TRACKING', 'ON', 'BCAST'],
  ['shut down', 'SHUTDOWN', 'NOSAVE'],
  ['save', 'SAVE'],
  ['save', 'BGSAVE'],
  ['rewrite', 'BGREWRITEAOF'],
  ['flush', 'FLUSHALL'],
  ['flush', 'FLUSHDB'],
  ['swap', 'SWAPDB', '0', '1'],
  ['select', 'SELECT', '1'],
  ['replicate', 'REPLICAOF', '127.0.0.1', '1'],
  ['replicate', 'PSYNC', '?', '-1'],
  ['fail over', 'FAILOVER'],
  ['load modules', 'MODULE', 'LOAD', '/tmp/x.so'],
  ['list modules', 'MODULE', 'LIST'],
  ['subscribe', 'SUBSCRIBE', 'x'],
  ['subscribe', 'PSUBSCRIBE', '*'],
  ['publish', 'PUBLISH', 'x', 'y'],
  ['read the slow log', 'SLOWLOG', 'GET'],
  ['reset statistics', 'CONFIG', 'RESETSTAT'],
  ['see latencies', 'LATENCY', 'LATEST'],
  ['migrate', 'MIGRATE', '127.0.0.1', '1', 'x', '0', '1'],
  ['wait', 'WAIT', '0', '1'],
]
