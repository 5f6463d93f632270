import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { CallFixture, countProcesses, newMarker } from './call.fixture.js'

const MEBIBYTE = 1024 * 1024
let calls: CallFixture
beforeAll(async () => {
  calls = await CallFixture.create()
  // The first call also checks the machine.
  await calls.run(['true'])
})
afterAll(() => calls.remove())

describe('limits', () => {
  it('end a call that takes two gigabytes of memory', async () => {
    const script =
      'const held = []; for (let i = 0; i < 20; i++) held.push(Buffer.alloc(100 << 20, 1)); console.log("HELD")'
    const result = await calls.run(['node', '-e', script])
    expect(result).toMatchObject({ ending: 'memory', stdout: '' })
    expect(['kernel', 'poll']).toContain(result.enforced.memoryBytes)
    // The kernel stops it at the limit, a poll a little late.
    if (result.enforced.memoryBytes === 'poll')
      expect(result.usage.maxMemoryBytes).toBeGreaterThan(512 * MEBIBYTE)
  })

  it('count memory that many processes hold together, and memory that forked ones share only once', async () => {
    const limits = { memoryBytes: 200 * MEBIBYTE }
    const holder = `perl -e '$x = "y" x (60 << 20); sleep 3'`
    const many = await calls.shell(`for i in 1 2 3 4; do ${holder} & done; wait`, { limits })
    expect(many.ending).toBe('memory')
    const forked = await calls.shell(
      `perl -e '$x = "y" x (60 << 20); for (1..6) { fork or do { select undef, undef, undef, 0.4; exit } } 1 while wait > 0; print "FINE"'`,
      { limits },
    )
    expect(forked).toMatchObject({ ending: 'exited', stdout: 'FINE' })
  })

  it('contain a fork bomb of 10,000 processes and leave none of them', async () => {
    const marker = newMarker()
    const script = `for (let i = 0; i < 10000; i++) require("node:child_process").spawn("sleep", ["${marker}"], { stdio: "ignore" }).on("error", () => {})`
    const result = await calls.run(['node', '-e', script])
    expect(result.ending).toBe('processes')
    expect(result.enforced.processes).toBe('kernel')
    expect(countProcesses(marker)).toBe(0)
  })

  it('never let more processes exist than allowed', async () => {
    let most = 0
    const marker = newMarker()
    const timer = setInterval(() => (most = Math.max(most, countProcesses(marker))), 5)
    await calls.shell(`while :; do sleep ${marker} & done`, { limits: { processes: 40 } })
    clearInterval(timer)
    // Bubblewrap's process outside the sandbox names the command too.
    expect(most).toBeLessThanOrEqual(40 + 1)
  })

  it('end a call within half a second of its wall time, signals ignored or not', async () => {
    const result = await calls.shell(`trap '' TERM INT HUP; while :; do sleep 1; done`, {
      limits: { wallMs: 300 },
    })
    expect(result.ending).toBe('wall-time')
    expect(result.exitCode).toBeUndefined()
    expect(result.usage.wallMs).toBeGreaterThanOrEqual(300)
    expect(result.usage.wallMs).toBeLessThan(800)
  })

  it('end a call that spins', async () => {
    const result = await calls.shell('while :; do :; done', { limits: { cpuSeconds: 1 } })
    expect(result).toMatchObject({ ending: 'cpu-time', signal: 'SIGXCPU' })
  })

  it('cut a flood of output', async () => {
    let streamed = 0
    const result = await calls.run(['yes'], {
      limits: { outputBytes: 100_000 },
      onOutput: ({ text }) => (streamed += text.length),
    })
    expect(result).toMatchObject({ ending: 'output', truncated: true })
    expect(result.stdout.length).toBe(100_000)
    expect(streamed).toBe(100_000)
    expect(result.usage.outputBytes).toBeGreaterThan(100_000)
  })

  it('do not call output of exactly the limit a flood', async () => {
    const result = await calls.shell('head -c 100000 /dev/zero | tr "\\0" x', {
      limits: { outputBytes: 100_000 },
    })
    expect(result).toMatchObject({ ending: 'exited', truncated: false })
    expect(result.stdout.length).toBe(100_000)
  })

  it('end a call that fills its workspace with bytes or with entries', async () => {
    const workspaceBytes = 32 * MEBIBYTE
    const bytes = await calls.shell(
      'i=0; while :; do head -c 4M /dev/zero >f$i; i=$((i + 1)); sleep 0.02; done',
      { limits: { workspaceBytes } },
    )
    expect(bytes).toMatchObject({ ending: 'workspace', enforced: { workspaceBytes: 'poll' } })
    await calls.shell('rm -f f*')
    const loop = 'const fs = require("fs"); for (let i = 0; ; i++) fs.writeFileSync("e" + i, "")'
    const entries = await calls.run(['node', '-e', loop], { limits: { workspaceEntries: 2_000 } })
    expect(entries.ending).toBe('workspace')
    await calls.shell('find . -name "e*" -delete')
  })

  it('end a call that hides folders from measurement by depth', async () => {
    const result = await calls.shell(
      'mkdir deep; cd deep; i=0; while [ $i -lt 200 ]; do mkdir d; cd d; i=$((i + 1)); done; sleep 20',
    )
    expect(result.ending).toBe('workspace')
    await calls.shell('rm -rf deep')
  })

  it('count files that were deleted but are still held open', async () => {
    const script = `const fs = require("fs"); for (let i = 0; ; i++) { const f = fs.openSync("u", "w"); fs.unlinkSync("u"); fs.writeSync(f, Buffer.alloc(4 << 20, 1)); if (i === 20) break }
      setTimeout(() => {}, 20_000)`
    const result = await calls.run(['node', '-e', script], { limits: { workspaceBytes: 32 * MEBIBYTE } })
    expect(result.ending).toBe('workspace')
  })

  it('bound one file, open files and the temporary folders in the kernel', async () => {
    const result = await calls.shell(
      'head -c 3M /dev/zero >/workspace/big; stat -c %s /workspace/big; head -c 9M /dev/zero >/tmp/a 2>/dev/null; stat -c %s /tmp/a; ulimit -n; ulimit -c; rm big',
      { limits: { fileBytes: 2 * MEBIBYTE, tmpBytes: MEBIBYTE, openFiles: 77 } },
    )
    expect(result.stdout).toBe(`${2 * MEBIBYTE}\n${MEBIBYTE}\n77\n0\n`)
  })
})

describe('the end of a call', () => {
  it('takes background children and daemons with it', async () => {
    const marker = newMarker()
    const result = await calls.shell(`sleep ${marker} & setsid sleep ${marker} & echo started`)
    expect(result).toMatchObject({ ending: 'exited', exitCode: 0, stdout: 'started\n' })
    expect(result.usage.wallMs).toBeLessThan(5_000)
    expect(countProcesses(marker)).toBe(0)
  })

  it('comes with nothing alive after a cancel', async () => {
    const marker = newMarker()
    const controller = new AbortController()
    const running = calls.shell(`sleep ${marker} & setsid sleep ${marker}`, { signal: controller.signal })
    // The shell's own command line names the marker too.
    await vi.waitUntil(() => countProcesses(`sleep\0${marker}`) === 2, { timeout: 20_000, interval: 5 })
    controller.abort()
    expect((await running).ending).toBe('canceled')
    expect(countProcesses(marker)).toBe(0)
  })

  it('leaves nothing alive whenever the cancel comes', async () => {
    const marker = newMarker()
    for (let delayMs = 0; delayMs < 24; delayMs += 1) {
      const signal = AbortSignal.timeout(delayMs)
      const result = await calls.shell(`sleep ${marker} & setsid sleep ${marker}`, { signal })
      expect(result.ending).toBe('canceled')
      expect(countProcesses(marker)).toBe(0)
    }
  })

  it('is immediate for a call canceled before it started', async () => {
    const result = await calls.run(['true'], { signal: AbortSignal.abort() })
    expect(result).toMatchObject({ ending: 'canceled', usage: { wallMs: 0 } })
  })

  it('tells codes and signals of the command', async () => {
    expect(await calls.shell('exit 42')).toMatchObject({ ending: 'exited', exitCode: 42 })
    expect(await calls.shell('kill -SEGV $$')).toMatchObject({ ending: 'signaled', signal: 'SIGSEGV' })
    expect(await calls.run(['no-such-command'])).toMatchObject({ ending: 'exited', exitCode: 127 })
  })

  it('tells what the call used', async () => {
    const spin = 'i=0; while [ $i -lt 60000 ]; do i=$((i + 1)); done'
    const hold = `perl -e '$x = "y" x (80 << 20); select undef, undef, undef, 0.3'`
    // Its own processor time, that of a child, and memory that is gone at the end.
    const { usage } = await calls.shell(`${spin}; (${spin}); ${hold}`)
    expect(usage.cpuMs).toBeGreaterThanOrEqual(20)
    expect(usage.cpuMs).toBeLessThan(2 * usage.wallMs)
    expect(usage.maxMemoryBytes).toBeGreaterThan(80 * MEBIBYTE)
  })

  it('says that the sandbox failed when the limits cannot be set', async () => {
    const result = await calls.run(['true'], { limits: { openFiles: 2 ** 40 } })
    expect(result).toMatchObject({ ending: 'sandbox-failed', stdout: '' })
    expect(result.detail).toContain('limit')
  })

  it('keeps calls that run at the same time apart', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        calls.shell(`echo ${index} >/tmp/mine; sleep 0.1; cat /tmp/mine`),
      ),
    )
    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 8 }, (_, index) => `${index}\n`))
  })
})
