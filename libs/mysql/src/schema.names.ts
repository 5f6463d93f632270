const serviceName = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/

/**
 * The schema that only this service uses: `guildhall_task_scheduler` for `task-scheduler`.
 * @throws Error unless the name is kebab-case and short enough for a user name (32 characters in all).
 */
export function schemaName(service: string): string {
  const name = `guildhall_${service.replaceAll('-', '_')}`
  if (!serviceName.test(service) || name.length > 32) {
    throw new Error(
      `"${service}" is no service name: use lower-case words with hyphens, 22 characters at most`,
    )
  }
  return name
}

/** The database user of this service; the same word as its schema. */
export function userName(service: string): string {
  return schemaName(service)
}
