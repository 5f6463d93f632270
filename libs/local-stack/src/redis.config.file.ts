export interface RedisConfig {
  /** Address that Redis listens on: 127.0.0.1, or 0.0.0.0 inside a container whose port is published on 127.0.0.1 only. */
  readonly bind: string
  readonly port: number
  readonly dir: string
  readonly aclFile?: string | undefined
  /** What Redis writes before it answers: `everysec` (default) may lose the last second of a power cut, `always` nothing. */
  readonly appendfsync?: 'always' | 'everysec'
}

/** redis.conf: keeps what it acknowledges, evicts nothing, listens to this machine alone. */
export function renderRedisConfig(config: RedisConfig): string {
  return [
    `bind ${config.bind}`,
    `port ${config.port}`,
    // Redis's own guard refuses the bridge of a container; there the access list alone decides.
    `protected-mode ${config.bind === '127.0.0.1' ? 'yes' : 'no'}`,
    'daemonize no',
    `dir ${quoted(config.dir)}`,
    'appendonly yes',
    `appendfsync ${config.appendfsync ?? 'everysec'}`,
    'save ""',
    'maxmemory-policy noeviction',
    'tcp-keepalive 60',
    ...(config.aclFile === undefined ? [] : [`aclfile ${quoted(config.aclFile)}`]),
    '',
  ].join('\n')
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
