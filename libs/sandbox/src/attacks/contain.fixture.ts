import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { defaultLimits, removeWorkspace, type Sandbox, type SandboxResult } from '../index.js'
import type { Attack } from './attack.fixture.js'
import type { VictimHost } from './victim.fixture.js'

/** Far more than any of them needs: it is no attack's way to end unless it says so. */
const WALL_MS = 15_000
const TOGETHER_WALL_MS = 40_000

export function attackIn(
  sandbox: Sandbox,
  host: VictimHost,
  { script, limits, request, files = {} }: Attack,
  workspace: string,
  wallMs = WALL_MS,
): Promise<SandboxResult> {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    // As root, the attacker is somebody else; it may write them all the same.
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder))
      chmodSync(join(workspace, folder), 0o777)
    writeFileSync(join(workspace, path), content)
    chmodSync(join(workspace, path), 0o777)
  }
  return sandbox.run({
    argv: ['bash', '-c', script(host), `of-${host.marker}`],
    env: {},
    workspace,
    mounts: [],
    ...request?.(host),
    limits: { ...defaultLimits, wallMs, ...limits },
  })
}

/**
 * Attacks, and fails when anything was got through. One attack at a time for each host.
 *
 * @param wallMs where the attack says nothing
 */
export async function contain(
  one: Attack,
  sandbox: Sandbox,
  host: VictimHost,
  wallMs = WALL_MS,
): Promise<void> {
  const workspace = await host.nextWorkspace()
  const result = await attackIn(sandbox, host, one, workspace, wallMs)
  const output = result.stdout + result.stderr
  const damage = [...host.findDamage(output), await one.damage?.(host, workspace)].filter(Boolean)
  expect(damage).toEqual([])
  expect(one.ending ?? ['exited', 'signaled'], result.detail).toContain(result.ending)
  if (one.betrays) expect(result.stdout).not.toMatch(one.betrays)
  if (one.shows) expect(result.stdout).toMatch(one.shows)
  expect(result.usage.wallMs).toBeLessThan((one.limits?.wallMs ?? wallMs) + 500)
  const { outputBytes } = { ...defaultLimits, ...one.limits }
  expect(result.stdoutBytes.length + result.stderrBytes.length).toBeLessThanOrEqual(outputBytes)
  await removeWorkspace(workspace)
}

/** Whether it needs nothing but a script, and leaves nothing that the next one would stumble over. */
export function isModest({ isRuthless, request, files, limits, ending, damage }: Attack): boolean {
  return [isRuthless, request, files, limits, ending, damage].every((need) => need === undefined)
}

const EACH = `n=0; for script; do n=$((n + 1)); mkdir "at-$n" && cd "at-$n" || exit 1
bash -c "$script" "$0" </dev/null; cd ..; printf '\\nNEXT-ATTACK\\n'; done`

/** Modest attacks one after another in one call, where a call costs much. */
export async function containTogether(
  attacks: readonly Attack[],
  sandbox: Sandbox,
  host: VictimHost,
): Promise<void> {
  const workspace = await host.nextWorkspace()
  const scripts = attacks.map(({ script }) => script(host))
  const result = await sandbox.run({
    argv: ['bash', '-c', EACH, `of-${host.marker}`, ...scripts],
    env: {},
    workspace,
    mounts: [],
    limits: { ...defaultLimits, wallMs: TOGETHER_WALL_MS },
  })
  expect(host.findDamage(result.stdout + result.stderr)).toEqual([])
  expect(result.ending, result.detail).toBe('exited')
  const parts = result.stdout.split('\nNEXT-ATTACK\n')
  expect(parts).toHaveLength(attacks.length + 1)
  for (const [index, { name, betrays, shows }] of attacks.entries()) {
    if (betrays) expect(parts[index], name).not.toMatch(betrays)
    if (shows) expect(parts[index], name).toMatch(shows)
  }
  await removeWorkspace(workspace)
}
