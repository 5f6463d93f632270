export { createBubblewrapSandbox } from './bubblewrap/bubblewrap.sandbox.js'
export type { BubblewrapOptions } from './bubblewrap/settings.js'
export { buildSeccompProfile } from './container/seccomp.profile.js'
export { findUnusableVariable } from './environment.policy.js'
export { readArtifact } from './files/artifact.js'
export { listFiles } from './files/file-list.js'
export { defaultUnprivilegedUid } from './bubblewrap/unprivileged-user.js'
export { mediaTypeOf } from './files/media-type.js'
export { writeFilesBelow } from './files/write-files.js'
export { prepareWorkspace, removeWorkspace } from './files/workspace.js'
export { createSandbox, type Isolation, IsolationSettingError, readIsolation } from './isolation.settings.js'
export { defaultLimits, type SandboxLimits } from './limits.js'
export { mountTarget } from './mounts.policy.js'
export type { ProbeCheck } from './probe.policy.js'
export type { ProbeReport } from './probe.js'
export {
  ArtifactRefusedError,
  InvalidMountError,
  InvalidRequestError,
  SandboxUnavailableError,
} from './sandbox.errors.js'
export {
  type FileKind,
  type FileOperations,
  FileRefusedError,
  FileSessionError,
} from './session/file-operations.js'
export { FileSession } from './session/file-session.js'
export { createProcessBackend } from './process/process.backend.js'
export type {
  Enforcement,
  OutputChunk,
  Sandbox,
  SandboxEnding,
  SandboxInput,
  SandboxMount,
  SandboxRequest,
  SandboxResult,
  SandboxSurroundings,
  SandboxUsage,
} from './sandbox.js'
