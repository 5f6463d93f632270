import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { type CallFixture, countProcesses, newMarker } from './call.fixture.js'
import { FileSession, prepareWorkspace } from './index.js'

const soon = { timeout: 30_000, interval: 20 }

/**
 * What a call does in whatever starts it, and lives in.
 *
 * @param fixture asked for once it is there
 * @param cancelAfterMs moments of a call's life
 */
export function describeCalls(fixture: () => CallFixture, cancelAfterMs: readonly number[]): void {
  it('takes megabytes of input, and does not mind when nobody reads them', async () => {
    const calls = fixture()
    const stdin = Buffer.alloc(5 * 2 ** 20, 'x')
    expect((await calls.shell('wc -c; echo "$0"', { stdin })).stdout).toBe(`${stdin.length}\nsh\n`)
    const unread = await calls.run(['no-such-command'], { stdin })
    expect(unread).toMatchObject({ ending: 'exited', exitCode: 127 })
    expect((await calls.shell('cat; echo end')).stdout).toBe('end\n')
  })

  it('hands live input on as it comes', async () => {
    const stdin = new PassThrough()
    const call = fixture().shell('while read -r line; do echo "<$line>"; done', {
      stdin,
      onOutput: ({ text }) => text.includes('<1>') && stdin.end('2\n'),
    })
    stdin.write('1\n')
    expect((await call).stdout).toBe('<1>\n<2>\n')
  })

  it('sees mounts as they are meant', async () => {
    const calls = fixture()
    const [source, writable] = [join(calls.folder, 'ro'), join(calls.folder, 'rw')]
    mkdirSync(source)
    writeFileSync(join(source, 'file'), 'content')
    await prepareWorkspace(writable)
    const mounts = [
      { source, target: '/mnt/in', mode: 'ro' as const },
      { source: writable, target: '/skills/out', mode: 'rw' as const },
    ]
    const script = 'cat /mnt/in/file; echo x >/mnt/in/file; echo y >/skills/out/file'
    const result = await calls.shell(script, { mounts })
    expect(result.stdout).toBe('content')
    expect(result.stderr).toContain('Read-only file system')
    expect(readFileSync(join(writable, 'file'), 'utf8')).toBe('y\n')
  })

  it('leaves nothing behind whenever it is canceled', async () => {
    const marker = newMarker()
    const canceled = cancelAfterMs.map((afterMs) =>
      fixture().shell(`sleep ${marker} & setsid sleep ${marker}`, { signal: AbortSignal.timeout(afterMs) }),
    )
    for (const { ending } of await Promise.all(canceled)) expect(ending).toBe('canceled')
    expect(countProcesses(marker)).toBe(0)
  })

  it('lets file functions work in one that lives on', async () => {
    const { sandbox, requestFor } = fixture()
    const session = new FileSession(sandbox, requestFor([]))
    await session.do('write', { path: '/workspace/live', contentBase64: 'YQ==' })
    expect(await session.do('stat', { path: '/workspace/live' })).toMatchObject({ sizeBytes: 1 })
    await session.close()
  })
}

/** Kills a process that asked for a call, and resolves when the call is dead, too. */
export async function expectToEndWithItsProcess(isolation: object, calls: CallFixture): Promise<void> {
  const marker = newMarker()
  const program = fileURLToPath(new URL('../dist/index.js', import.meta.url))
  const request = JSON.stringify(calls.requestFor(['sleep', marker]))
  const script = `const { createSandbox } = await import(${JSON.stringify(program)})
    await createSandbox(${JSON.stringify(isolation)}).run(${request})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' })
  await vi.waitUntil(() => countProcesses(`sleep\0${marker}`) > 0, soon)
  child.kill('SIGKILL')
  await once(child, 'exit')
  await vi.waitUntil(() => countProcesses(`sleep\0${marker}`) === 0, soon)
}
