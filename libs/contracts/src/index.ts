// The payload classes' decorators read it: it comes before them.
import 'reflect-metadata'
export { AgentConfiguration, longConversationWays, type LongConversations } from './agent.configuration.js'
export * from './agent.messages.js'
export * from './agent.skill.js'
export { approvalDigest, matchesApproval, type ApprovalContent } from './approval.digest.js'
export * from './approval.messages.js'
export * from './approval-ask.messages.js'
export * from './approval-policy.messages.js'
export * from './audit.messages.js'
export { answerLimitBytes, fittingList, jsonBytes, snapshotLimitBytes } from './answer.fitting.js'
export { canonicalDigest } from './canonical.digest.js'
export * from './client.messages.js'
export * from './dead-letter.messages.js'
export * from './delegation.messages.js'
export * from './egress.messages.js'
export * from './envelope.js'
export { InvalidFolderError, readFolderFiles } from './folder.files.js'
export * from './function.messages.js'
export { functionTiers, isFunctionTier, strictestTier, type FunctionTier } from './function.tiers.js'
export {
  type BuiltInFunction,
  type FunctionName,
  functionNamePattern,
  functionNames,
  functionSourcePattern,
  isFunctionName,
  orderedFunctions,
} from './function.names.js'
export { problemOfSecrets, type SecretNames } from './secret.names.js'
export { OutageError, RequestError, TerminalError } from './handler.errors.js'
export * from './match.messages.js'
export {
  hardLimitBytes,
  inlineLimitBytes,
  largestPayloadBytes,
  message,
  type MessageDefinition,
  type PayloadClass,
} from './message.definition.js'
export { nameBasedId } from './name.based.id.js'
export * from './policy.messages.js'
export * from './proposal.messages.js'
export { canonicalHost } from './host.pattern.js'
export { refusalCodes, type Refusal, type RefusalCode } from './refusal.codes.js'
export { RequestRefused } from './request.messages.js'
export {
  allowsFunction,
  allowsHost,
  allowsMount,
  canonicalPath,
  type NarrowedRights,
  narrowRights,
} from './rights.narrowing.js'
export {
  AgentGrants,
  allRights,
  askedRights,
  Budget,
  grantedRights,
  MountRight,
  noRights,
  type Rights,
  RightsDraft,
  rightsOfAgent,
} from './rights.js'
export * from './run.messages.js'
export { roles, serviceNames, type Role, type ServiceName } from './service.names.js'
export {
  decodeSkillFile,
  encodeSkillFile,
  skillLimitBytes,
  textOf,
  type EncodedSkillFile,
  type SkillFile,
} from './skill.files.js'
export * from './skill.messages.js'
export * from './state.messages.js'
export * from './task.messages.js'
export {
  isTerminal,
  taskStates,
  terminalTaskStates,
  type TaskState,
  type TerminalTaskState,
} from './task.states.js'
export { messageOf, Topology } from './topology.definition.js'
export { topology } from './topology.js'
export { traceContext, traceHeaders, traceIdOf, type TraceHeaders } from './trace.context.js'
