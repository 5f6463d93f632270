/** A call that cannot be carried out; nothing was changed. */
export class StateError extends Error {
  override readonly name = 'StateError'
  constructor(
    readonly code:
      | 'invalid-space'
      | 'invalid-key'
      | 'invalid-value'
      | 'invalid-ttl'
      | 'version-conflict'
      | 'too-much-state',
    message: string,
  ) {
    super(message)
  }
}
