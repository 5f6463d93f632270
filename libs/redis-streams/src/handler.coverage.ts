/**
 * Compares the messages that a service handles with those that the topology lets it hear.
 * @returns a sentence that says what to add or remove, or undefined when they agree.
 */
export function coverageComplaint(
  service: string,
  handled: readonly string[],
  expected: readonly string[],
): string | undefined {
  const missing = expected.filter((type) => !handled.includes(type))
  const surplus = handled.filter((type) => !expected.includes(type))
  const wishes = [
    missing.length > 0 ? `add a handler (@Handles) for ${missing.join(', ')}` : '',
    surplus.length > 0
      ? `remove the handler of ${surplus.join(', ')}, or add ${service} to the row in topology.ts`
      : '',
  ].filter(Boolean)
  return wishes.length > 0
    ? `The handlers of ${service} disagree with the topology: ${wishes.join('; ')}`
    : undefined
}
