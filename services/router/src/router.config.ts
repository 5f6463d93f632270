import { Environment } from '@guildhall/service-defaults'

export abstract class RouterConfig {
  /**
   * JSON file of clients to know from the start: `[{id, tenant, roles, tokenSha256, replyStream?}]`; absent: those
   * of the table.
   */
  abstract readonly clientsFile: string | undefined
  /** How long a changed client or policy may go unnoticed. */
  abstract readonly directoryRefreshMs: number
}

/** GUILDHALL_CLIENTS_FILE, GUILDHALL_DIRECTORY_REFRESH_MS (default 500). */
export function readRouterConfig(environment = Environment.fromProcess()): RouterConfig {
  return {
    clientsFile: environment.optional('GUILDHALL_CLIENTS_FILE'),
    directoryRefreshMs: environment.integer('GUILDHALL_DIRECTORY_REFRESH_MS', 500, 50),
  }
}
