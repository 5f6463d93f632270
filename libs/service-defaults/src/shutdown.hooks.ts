const hooks: (() => Promise<void>)[] = []

/** Registers work for the very end of the process, after the service has drained; errors are ignored. */
export function onShutdown(hook: () => Promise<void>): void {
  hooks.push(hook)
}

export async function runShutdownHooks(): Promise<void> {
  await Promise.allSettled(hooks.map((hook) => hook()))
}
