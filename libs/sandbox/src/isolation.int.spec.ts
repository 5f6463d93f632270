import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CallFixture, commandLines } from './call.fixture.js'
import {
  InvalidMountError,
  InvalidRequestError,
  createBubblewrapSandbox,
  defaultLimits,
  prepareWorkspace,
} from './index.js'

const isRoot = process.getuid?.() === 0
let calls: CallFixture
beforeAll(async () => {
  calls = await CallFixture.create()
})
afterAll(() => calls.remove())

describe('a call', () => {
  it('runs under an unprivileged uid inside and on the host', async () => {
    const { stdout } = await calls.shell('id -u; touch owned')
    expect(stdout).toBe('1000\n')
    expect(lstatSync(join(calls.workspace, 'owned')).uid).not.toBe(0)
  })

  it('reaches no network, not even a listener on the host loopback', async () => {
    let connections = 0
    const listener = createServer(() => (connections += 1)).listen(0, '127.0.0.1')
    await once(listener, 'listening')
    try {
      const { port } = listener.address() as AddressInfo
      const script = `require('node:net').connect(${port}, '127.0.0.1').on('connect', () => console.log('CONNECTED')).on('error', (error) => console.log(error.code))`
      const { stdout } = await calls.run(['node', '-e', script])
      expect(stdout).toBe('ECONNREFUSED\n')
      expect(connections).toBe(0)
    } finally {
      listener.close()
    }
  })

  it('does not see files that were not mounted', async () => {
    const secret = join(calls.folder, 'secret.txt')
    writeFileSync(secret, 'TOP-SECRET', { mode: 0o644 })
    const { stdout } = await calls.shell(
      `cat ${secret} /etc/shadow /root/.bashrc; ln -s ${secret} link; cat link; ls ${calls.folder}`,
    )
    expect(stdout).toBe('')
  })

  it('does not see the environment or the descriptors of the executor', async () => {
    const secret = join(calls.folder, 'held.txt')
    writeFileSync(secret, 'HELD-SECRET')
    const descriptor = openSync(secret, 'r')
    try {
      const script =
        'cat /proc/self/environ /proc/1/environ | tr "\\0" "\\n"; for f in /proc/self/fd/*; do readlink $f; done'
      const { stdout } = await calls.shell(script)
      const names = [...stdout.matchAll(/^(\w+)=/gm)].map(([, name]) => name)
      expect(new Set(names)).toEqual(new Set(['PATH', 'HOME', 'TMPDIR', 'LANG', 'PWD']))
      const { stdout: links } = await calls.shell('ls -l /proc/self/fd')
      const foreign = links
        .split('\n')
        .filter((line) => / (\d+) -> /.test(line) && Number(/ (\d+) -> /.exec(line)?.[1]) > 2)
      // ls itself has the folder open.
      expect(foreign.filter((line) => !/-> (\/dev\/null|\/proc\/\d+\/fd)$/.test(line))).toEqual([])
    } finally {
      closeSync(descriptor)
    }
  })

  it('cannot open core_pattern for writing', async () => {
    const { stdout } = await calls.shell(
      '(: >>/proc/sys/kernel/core_pattern) 2>/dev/null && echo OPENED; echo end',
    )
    expect(stdout).toBe('end\n')
  })

  it('cannot write outside of the workspace and the temporary folders', async () => {
    const { stdout } = await calls.shell(
      'for d in / /usr /etc /dev /opt /run /var; do touch $d/x 2>/dev/null && echo $d; done; touch /tmp/x /dev/shm/x x && echo ok',
    )
    expect(stdout).toBe('ok\n')
  })

  it('has a fresh /proc, an active seccomp filter, no capabilities and no way to new namespaces', async () => {
    const { stdout } = await calls.shell(
      'ls -d /proc/[0-9]* | wc -l; grep -E "^(Seccomp|CapEff|NoNewPrivs):" /proc/self/status; unshare -U true 2>/dev/null && echo UNSHARED; hostname',
    )
    const [count, ...rest] = stdout.trim().split('\n')
    expect(Number(count)).toBeLessThan(10)
    expect(rest).toEqual(['CapEff:\t0000000000000000', 'NoNewPrivs:\t1', 'Seccomp:\t2', 'sandbox'])
  })

  it('finds node on its PATH', async () => {
    const { stdout } = await calls.run(['node', '-p', 'process.version'])
    expect(stdout.trim()).toBe(process.version)
  })
})

describe('arguments and environment', () => {
  it('arrive as data, whatever they contain', async () => {
    const words = ['a b', `"'`, '$(touch pwned)', '`id`', '', '--help', 'line\nbreak', 'ümläut']
    const script = 'process.stdout.write(JSON.stringify(process.argv.slice(1)))'
    const { stdout } = await calls.run(['node', '-e', script, '--', ...words])
    expect(JSON.parse(stdout)).toEqual(words)
  })

  it('keep quotes, newlines and emptiness of values', async () => {
    const env = { QUOTES: `"it's" $(id)`, LINES: 'one\ntwo\n', EMPTY: '', OPTION: '--bind / /' }
    const script =
      'const { QUOTES, LINES, EMPTY, OPTION } = process.env; process.stdout.write(JSON.stringify({ QUOTES, LINES, EMPTY, OPTION }))'
    const { stdout } = await calls.run(['node', '-e', script], { env })
    expect(JSON.parse(stdout)).toEqual(env)
  })

  it('show no value in any command line of the host', async () => {
    const secret = 'value-in-no-command-line'
    let seen: string | undefined
    await calls.shell('echo up; sleep 0.3', {
      env: { TOKEN: secret },
      onOutput: () => {
        seen = commandLines().find((line) => line.includes(secret))
      },
    })
    expect(seen).toBeUndefined()
  })

  it('refuse loader variables before anything starts', async () => {
    await expect(calls.run(['true'], { env: { LD_PRELOAD: '/workspace/x.so' } })).rejects.toThrow(
      InvalidRequestError,
    )
  })
})

describe('standard streams', () => {
  it('can be opened by path', async () => {
    const result = await calls.shell('echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin', {
      stdin: 'in',
    })
    expect(result).toMatchObject({ ending: 'exited', exitCode: 0, stdout: 'out\nin', stderr: 'err\n' })
  })

  it('deliver megabytes of input, and do not mind when nobody reads them', async () => {
    const stdin = Buffer.alloc(5 * 1024 * 1024, 'x')
    expect((await calls.run(['wc', '-c'], { stdin })).stdout.trim()).toBe(String(stdin.length))
    expect(await calls.run(['true'], { stdin })).toMatchObject({ ending: 'exited', exitCode: 0 })
    expect(await calls.run(['cat'])).toMatchObject({ ending: 'exited', stdout: '' })
  })

  it('arrive as they are written, characters never torn', async () => {
    const chunks: string[] = []
    const script = `process.stdout.write(Buffer.from([0xc3])); setTimeout(() => process.stdout.write(Buffer.from([0xa4, 0x0a])), 50)`
    const { stdout } = await calls.run(['node', '-e', script], { onOutput: ({ text }) => chunks.push(text) })
    expect(stdout).toBe('ä\n')
    expect(chunks.join('')).toBe('ä\n')
  })
})

describe('mounts', () => {
  it('are shown read-only or read-write as asked', async () => {
    const [source, writable] = [join(calls.folder, 'ro'), join(calls.folder, 'rw')]
    mkdirSync(source)
    writeFileSync(join(source, 'file'), 'content')
    await prepareWorkspace(writable)
    const result = await calls.shell(
      'cat /mnt/in/file; echo x >/mnt/in/file; touch /mnt/in/new; echo y >/skills/out/file',
      {
        mounts: [
          { source, target: '/mnt/in', mode: 'ro' },
          { source: writable, target: '/skills/out', mode: 'rw' },
        ],
      },
    )
    expect(result.stdout).toBe('content')
    expect(result.stderr.match(/Read-only file system/g)).toHaveLength(2)
    expect(readFileSync(join(source, 'file'), 'utf8')).toBe('content')
    expect(readFileSync(join(writable, 'file'), 'utf8')).toBe('y\n')
  })

  it('are refused when any component of the source is a link', async () => {
    mkdirSync(join(calls.folder, 'real', 'inner'), { recursive: true })
    symlinkSync(join(calls.folder, 'real'), join(calls.folder, 'link'))
    for (const source of ['link', 'link/inner', 'missing'].map((name) => join(calls.folder, name)))
      await expect(
        calls.run(['true'], { mounts: [{ source, target: '/mnt/x', mode: 'ro' }] }),
      ).rejects.toThrow(InvalidMountError)
    await expect(calls.run(['true'], { workspace: join(calls.folder, 'link', 'inner') })).rejects.toThrow(
      InvalidMountError,
    )
  })

  it.runIf(isRoot)('work below folders that only root may enter', async () => {
    const locked = join(calls.folder, 'locked')
    const workspace = join(locked, "it's here", 'workspace')
    mkdirSync(join(locked, 'skill'), { recursive: true })
    writeFileSync(join(locked, 'skill', 'SKILL.md'), 'how to')
    writeFileSync(join(locked, 'single'), 'one file')
    await prepareWorkspace(workspace)
    chmodSync(locked, 0o700)
    const sandbox = createBubblewrapSandbox()
    const result = await sandbox.run({
      argv: [
        'sh',
        '-c',
        'cat /skills/a/SKILL.md /mnt/single; echo done >result; echo x >>/skills/a/SKILL.md; tr "\\0" "\\n" </proc/1/environ; ls -l /proc/self/fd',
      ],
      env: {},
      workspace,
      mounts: [
        { source: join(locked, 'skill'), target: '/skills/a', mode: 'ro' },
        { source: join(locked, 'single'), target: '/mnt/single', mode: 'ro' },
      ],
      limits: defaultLimits,
    })
    expect(result.stdout).toMatch(/^how toone file/)
    expect(result.stdout).not.toContain(locked)
    expect(readFileSync(join(locked, 'skill', 'SKILL.md'), 'utf8')).toBe('how to')
    expect(readFileSync(join(workspace, 'result'), 'utf8')).toBe('done\n')
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(locked)
  })
})
