export { createBubblewrapSandbox } from './bubblewrap/bubblewrap.sandbox.js'
export type { BubblewrapOptions } from './bubblewrap/settings.js'
export { readArtifact } from './files/artifact.js'
export { listFiles } from './files/file-list.js'
export { prepareWorkspace, removeWorkspace } from './files/workspace.js'
export { defaultLimits, type SandboxLimits } from './limits.js'
export type { ProbeCheck } from './probe.policy.js'
export type { ProbeReport } from './probe.js'
export {
  ArtifactRefusedError,
  InvalidMountError,
  InvalidRequestError,
  SandboxUnavailableError,
} from './sandbox.errors.js'
export type {
  Enforcement,
  OutputChunk,
  Sandbox,
  SandboxEnding,
  SandboxMount,
  SandboxRequest,
  SandboxResult,
} from './sandbox.js'
