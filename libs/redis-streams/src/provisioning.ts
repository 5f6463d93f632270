// What makes a Redis ready for Guildhall, for programs that run no service: Nest takes longer to load than all of it.
export { redisUsers, renderAclFile } from './acl.file.js'
export { keepFunctionLibrary, loadFunctionLibrary } from './function.loading.js'
export { endConnections, setPasswords } from './password.replacing.js'
export { parseStreamsUrl, type StreamsAddress } from './streams.url.js'
