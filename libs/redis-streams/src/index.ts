export { redisUsers, type RedisUser, renderAclFile } from './acl.file.js'
export {
  Admission,
  type AdmissionLimits,
  type AdmissionRequest,
  type AdmissionVerdict,
  type FinishedTask,
} from './admission.js'
export { type AuditEntry, AuditReader, type AuditReaderOptions } from './audit.reader.js'
export { ClientStreams, type GatewayFields, type ReplyEntry } from './client.streams.js'
export { ContinuityWatch, type ContinuityWatchOptions } from './continuity.watch.js'
export { type DeadLetterError } from './dead.letter.js'
export { type DeadLetterEntry, DeadLetterReader, type DeadLetterReaderOptions } from './dead.letter.reader.js'
export { keepFunctionLibrary, type KeepingOptions, loadFunctionLibrary } from './function.loading.js'
export { type BatchMessage, type Outcome, type PayloadReader } from './handler.calls.js'
export { HandlerTimeoutError } from './handler.deadlines.js'
export { Handles, HandlesBatch, type HandlerOptions } from './handles.decorator.js'
export { EntryBytes } from './entry.bytes.js'
export { type EntryFields, type HeldEntry, repeatedField } from './held.entry.js'
export { HotStore } from './hot.store.js'
export { endConnections, setPasswords } from './password.replacing.js'
export { type StreamsConnection } from './redis.link.js'
export { RedisStreamsServer, type RedisStreamsServerOptions } from './redis-streams.server.js'
export { Redriver, type RedrivenMessage } from './redriver.js'
export { type IncomingEntry, type RelayOptions } from './relay.options.js'
export { type RelayDecision } from './relay.batch.js'
export { replyRetention } from './reply.retention.js'
export { ReplyPosition } from './reply.position.js'
export { Relay } from './router.relay.js'
export { shardFor, shardOfText } from './shard.choice.js'
export { SlotPool } from './slot.pool.js'
export { type StreamConsumerOptions } from './consumer.options.js'
export { StreamConsumer } from './stream.consumer.js'
export { type HeardOn, type StreamKeys, streamKeys } from './stream.keys.js'
export { StreamPublisher } from './stream.publisher.js'
export {
  type Answer,
  DeadlineError,
  type RequestOptions,
  StreamRequester,
  type StreamRequesterOptions,
} from './stream.requester.js'
export { AuditFullError, BusyError, UnavailableError, UnsuitableRedisError } from './streams.errors.js'
export { type NodeAddress } from './cluster.map.js'
export { parseStreamsUrl, type StreamsAddress, streamsUrl } from './streams.url.js'
export { type StreamsLogger } from './streams.logger.js'
export { type SettledEvent } from './try.outcomes.js'
