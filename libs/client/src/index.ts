export {
  ClientClosedError,
  ClientFileError,
  type ClientFileProblem,
  RequestRefusedError,
  RequestTimeoutError,
  UnexpectedAnswerError,
  UnreachableError,
} from './client.errors.js'
export { type ClientCredentials, readClientFile } from './client.file.js'
export {
  GuildhallClient,
  type GuildhallClientOptions,
  type RequestOptions,
  type Submitted,
} from './guildhall.client.js'
export { isTaskEnd, type TaskEndEvent, type TaskEvent, type TaskNews } from './task.event.js'
