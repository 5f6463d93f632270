import type { SandboxCommand } from './function.definition.js'

/** Named so that no folder of a task comes to lie here. */
const target = '/mnt/.guildhall-function'

/** A command that is called from inside a folder of the host, which it sees read-only; FUNCTION says where. */
export function inFolder(
  source: string,
  words: readonly string[],
): Pick<SandboxCommand, 'argv' | 'env' | 'mounts'> & { argv: string[] } {
  return {
    argv: ['sh', '-c', 'cd "$FUNCTION" && exec "$@"', 'sh', ...words],
    env: { FUNCTION: target },
    mounts: [{ source, target, mode: 'ro' }],
  }
}
