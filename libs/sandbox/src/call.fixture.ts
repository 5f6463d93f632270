import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createBubblewrapSandbox,
  defaultLimits,
  prepareWorkspace,
  removeWorkspace,
  type Sandbox,
  type SandboxLimits,
  type SandboxRequest,
  type SandboxResult,
} from './index.js'

/** A folder of its own with a workspace in it, and calls into that. */
export class CallFixture {
  private constructor(
    readonly folder: string,
    readonly sandbox: Sandbox,
  ) {}

  static async create(sandbox = createBubblewrapSandbox()): Promise<CallFixture> {
    const folder = await realpath(await mkdtemp(join(tmpdir(), 'sandbox-test-')))
    await chmod(folder, 0o755)
    const fixture = new CallFixture(folder, sandbox)
    await prepareWorkspace(fixture.workspace)
    return fixture
  }

  get workspace(): string {
    return join(this.folder, 'workspace')
  }

  requestFor = (
    argv: string[],
    { limits, ...rest }: Partial<Omit<SandboxRequest, 'limits'>> & { limits?: Partial<SandboxLimits> } = {},
  ): SandboxRequest => {
    const request = { argv, env: {}, workspace: this.workspace, mounts: [], ...rest }
    return { ...request, limits: { ...defaultLimits, ...limits } }
  }

  run(argv: string[], over?: Parameters<CallFixture['requestFor']>[1]): Promise<SandboxResult> {
    return this.sandbox.run(this.requestFor(argv, over))
  }

  shell(script: string, options: Parameters<CallFixture['run']>[1] = {}): Promise<SandboxResult> {
    return this.run(['sh', '-c', script], options)
  }

  remove(): Promise<void> {
    return removeWorkspace(this.folder)
  }
}

/** A number that no other process has in its command line. */
export const newMarker = (): string => String(100_000_000 + (randomBytes(4).readUInt32BE() % 800_000_000))

/** Number of living processes whose command line contains the marker. */
export const countProcesses = (marker: string): number =>
  commandLines().filter((line) => line.includes(marker)).length

/** Command lines of all processes of the host. */
export function commandLines(): string[] {
  return readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) ? [readFileSync(`/proc/${name}/cmdline`, 'latin1')] : []
    } catch {
      return []
    }
  })
}
