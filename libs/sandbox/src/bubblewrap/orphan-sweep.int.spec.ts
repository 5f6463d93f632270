import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Writable } from 'node:stream'
import { expect, it, vi } from 'vitest'
import { countProcesses, newMarker } from '../call.fixture.js'
import { launchSignature } from './arguments.js'
import { sweepOrphans } from './orphan-sweep.js'
import { defaultUnprivilegedUid } from './unprivileged-user.js'

const uid = String(defaultUnprivilegedUid)
const drop =
  process.getuid?.() === 0 ? ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'] : []

/** A sandbox that does not die with its launcher: what a kill in the middle of a launch leaves. */
function launch(marker: string) {
  const script = `${launchSignature.at(-1)} exec "$@"`
  const [file, ...words] = [
    ...[...drop, 'bwrap', ...launchSignature.slice(0, -1)],
    ...[script, 'sh', 'sleep', marker],
  ]
  const child = spawn(file ?? '', words, { stdio: ['ignore', 'ignore', 'inherit', 'pipe'] })
  const args = ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev']
  ;(child.stdio[3] as Writable).end(args.map((arg) => `${arg}\0`).join(''))
  return child
}

it('ends a sandbox whose launcher was killed, and no other', async () => {
  const [orphaned, attended] = [newMarker(), newMarker()]
  const [first, second] = [launch(orphaned), launch(attended)]
  try {
    const isUp = (marker: string) => countProcesses(`sleep\0${marker}\0`) === 3
    await vi.waitUntil(() => isUp(orphaned) && isUp(attended), { timeout: 20_000, interval: 10 })
    first.kill('SIGKILL')
    await once(first, 'exit')
    expect(countProcesses(orphaned)).toBeGreaterThan(0)
    expect(sweepOrphans()).toBe(1)
    await vi.waitUntil(() => countProcesses(orphaned) === 0, { timeout: 20_000, interval: 10 })
    expect(isUp(attended)).toBe(true)
  } finally {
    second.kill('SIGKILL')
    first.kill('SIGKILL')
    await vi.waitUntil(() => sweepOrphans() === 0 && countProcesses(attended) === 0, {
      timeout: 20_000,
      interval: 10,
    })
  }
})
