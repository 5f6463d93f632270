/**
 * What a process does about an error of Redis:
 * - `look-again`: throw the connection away, look where the primary is, repeat the call after a while
 * - `wait`: repeat the call after a while
 * - `stop-writing`: take nothing in, tell callers that Redis is busy, repeat after a while
 * - `make-group`: make the consumer group again and have everything said again that may be lost
 * - `give-up`: no repetition helps; say what an operator has to do
 */
export type Reaction = 'look-again' | 'wait' | 'stop-writing' | 'make-group' | 'give-up'

export interface RedisReaction {
  /** What the error begins with, or what tells it. */
  readonly answer: string
  readonly pattern: RegExp
  readonly means: string
  readonly reaction: Reaction
}

const row = (answer: string, pattern: RegExp, reaction: Reaction, means: string): RedisReaction => ({
  answer,
  pattern,
  means,
  reaction,
})

/** Every answer of Redis that the product knows what to do about. The first row that fits counts. */
export const redisReactions: readonly RedisReaction[] = [
  row('READONLY', /^READONLY/, 'look-again', 'this node is a replica now'),
  row('MASTERDOWN', /^MASTERDOWN/, 'look-again', 'this node is a replica that lost its primary'),
  row('MOVED', /^MOVED/, 'look-again', 'another node of the cluster serves this shard'),
  row('ASK', /^ASK/, 'look-again', 'the shard is on its way to another node of the cluster'),
  row('TRYAGAIN', /^TRYAGAIN/, 'look-again', 'the shard is on its way to another node of the cluster'),
  row('CLUSTERDOWN', /^CLUSTERDOWN/, 'look-again', 'no node serves this shard now'),
  row(
    'UNBLOCKED … instance state changed',
    /^UNBLOCKED.*instance state changed/,
    'look-again',
    'this node has just become a replica',
  ),
  row('LOADING', /^LOADING/, 'look-again', 'Redis has started and reads its data'),
  row('BUSY', /^BUSY /, 'look-again', 'a function runs for longer than Redis allows'),
  row('OOM', /^OOM/, 'stop-writing', 'the memory of Redis is full'),
  row('MISCONF', /^MISCONF/, 'stop-writing', 'Redis cannot write to its disk'),
  row('NOREPLICAS', /^NOREPLICAS/, 'stop-writing', 'fewer replicas follow than have to'),
  row('NOGROUP', /^NOGROUP/, 'make-group', 'the consumer group is gone'),
  row('UNBLOCKED', /^UNBLOCKED/, 'make-group', 'the stream was deleted while it was read'),
  row(
    'no such key, requires the key to exist',
    /^ERR no such key|requires the key to exist/,
    'make-group',
    'the stream is gone, and its consumer group with it',
  ),
  row(
    'Function not found, NOSCRIPT',
    /Function not found|^NOSCRIPT/,
    'wait',
    'the function library is not in this Redis: call loadFunctionLibrary as admin first',
  ),
  row(
    'NOPERM',
    /^NOPERM/,
    'give-up',
    'the ACL file in this Redis is of another version or another list of shards: render and load it again',
  ),
  row('NOAUTH', /^NOAUTH/, 'give-up', 'this Redis wants a user and a password'),
  row('WRONGPASS', /^WRONGPASS/, 'give-up', 'this Redis knows no such user, or the password is another one'),
]

/** The row for what Redis answered; undefined for an answer that only its caller can understand. */
export function reactionTo(answer: string): RedisReaction | undefined {
  return redisReactions.find(({ pattern }) => pattern.test(answer))
}
