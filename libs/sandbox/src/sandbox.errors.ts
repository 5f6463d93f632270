/** The machine cannot isolate calls. `remedy` is the exact line an administrator runs, when one is known. */
export class SandboxUnavailableError extends Error {
  override readonly name = 'SandboxUnavailableError'
  constructor(
    message: string,
    readonly remedy?: string,
  ) {
    super(remedy === undefined ? message : `${message}. Run: ${remedy}`)
  }
}

/** A mount or the workspace cannot be shown inside. `path` is the offending source or target. */
export class InvalidMountError extends Error {
  override readonly name = 'InvalidMountError'
  constructor(
    readonly path: string,
    reason: string,
  ) {
    super(`Cannot mount ${JSON.stringify(path)}: ${reason}`)
  }
}

/** argv, environment or limits of a request are unusable. Values are never part of the message. */
export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
}

/** A file of the workspace is not handed out: missing, not a regular file, or reached through a link. */
export class ArtifactRefusedError extends Error {
  override readonly name = 'ArtifactRefusedError'
  constructor(
    readonly path: string,
    reason: string,
  ) {
    super(`Cannot read ${JSON.stringify(path)}: ${reason}`)
  }
}
