// The client's side of the streams, for programs that run no service: Nest takes longer to load than all of it.
export { ClientStreams } from './client.streams.js'
export { type StreamsConnection } from './redis.link.js'
export { ReplyPosition } from './reply.position.js'
export { parseStreamsUrl } from './streams.url.js'
