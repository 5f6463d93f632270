/** Where the server listens: a Unix socket, or a host with a port. The socket wins when both are given. */
export interface ServerAddress {
  socketPath?: string | undefined
  /** Default 127.0.0.1. */
  host?: string | undefined
  /** Default 3306. */
  port?: number | undefined
}

/** The address as the driver wants it, with the defaults filled in. */
export function driverAddress(
  server: ServerAddress,
): { socketPath: string } | { host: string; port: number } {
  if (server.socketPath) return { socketPath: server.socketPath }
  return { host: server.host ?? '127.0.0.1', port: server.port ?? 3306 }
}

/** For messages to people; holds no credentials. */
export function describeAddress(server: ServerAddress): string {
  const address = driverAddress(server)
  return 'socketPath' in address ? address.socketPath : `${address.host}:${address.port}`
}
