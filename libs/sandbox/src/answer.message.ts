/** What a container engine or an API server says went wrong: its `message`, or the text that it answered with. */
export function messageOf(content: string): string | undefined {
  try {
    const { message } = JSON.parse(content) as { message?: unknown }
    return typeof message === 'string' ? message : undefined
  } catch {
    return content.trim().slice(0, 500) || undefined
  }
}
