import type { SandboxRequest, SandboxResult } from '../sandbox.js'
import type { SandboxLimits } from '../limits.js'
import { syscallTables } from '../seccomp/syscall-table.js'
import type { VictimHost } from './victim.fixture.js'

/** Something hostile that runs in a sandbox. Whatever it is, the host is looked at afterwards by `VictimHost`. */
export interface Attack {
  name: string
  /** It ends what runs beside it. */
  isRuthless?: true
  /** For `bash -c`. */
  script: (host: VictimHost) => string
  /** Output that shows that it worked. */
  betrays?: RegExp
  /** Output without which the attack was none. */
  shows?: RegExp
  /** How the call has to end; default: by itself. */
  ending?: readonly SandboxResult['ending'][]
  limits?: Partial<SandboxLimits>
  request?: (host: VictimHost) => Partial<Pick<SandboxRequest, 'env' | 'stdin' | 'protect'>>
  /** What the workspace holds at first, by path. */
  files?: Record<string, string>
  /** What was got through, seen from the host; undefined when nothing was. */
  damage?: (host: VictimHost, workspace: string) => Promise<string | undefined> | string | undefined
}

/** Calls a system call by name from Perl and prints `<name>:<what came back>:<errno>`. */
export function syscall(name: string, ...args: string[]): string {
  const number = syscallTables[process.arch]?.numbers[name]
  if (number === undefined) return 'true'
  const words = [String(number), ...args].join(', ')
  return `perl -e '$z = "\\0" x 256; $r = syscall(${words}); printf "${name}:%d:%d\\n", $r, $!'`
}

/** Output of `syscall` that is neither "not permitted" nor "not implemented". */
export const anyAllowed = /^\w+:(?!-1:(1|38)$).*$/m

/** Prints DONE when the command succeeds. */
export const tries = (command: string): string => `{ ${command}; } 2>/dev/null && echo DONE`
