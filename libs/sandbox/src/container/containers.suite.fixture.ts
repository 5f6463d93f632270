import { lstatSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeAttacks } from '../attacks/attack.suite.fixture.js'
import { CallFixture, commandLines, newMarker } from '../call.fixture.js'
import { describeCalls, expectToEndWithItsProcess } from '../call.suite.fixture.js'
import { defaultLimits, InvalidMountError, type Sandbox, SandboxUnavailableError } from '../index.js'
import { probeSandbox } from '../probe.js'
import { ownMark } from '../watch/owner-mark.js'
import { ownerLabel } from './container.body.js'
import { ContainerCall } from './container.call.js'
import type { ContainerEngine } from './container.engine.js'
import { preflight } from './container.preflight.js'
import { createContainerSandbox } from './container.sandbox.js'
import { callUser, type ContainerSettings, nextOwner } from './container.settings.js'
import { sweepContainers } from './container.sweep.js'
import { type EngineKind, PrivateEngine, whyNoEngine } from './engine.fixture.js'
import { gatedCommand, openingLine } from './gate.js'

/** All that calls in containers promise, shown with an engine of this kind. */
export function describeContainers(kind: EngineKind): void {
  const reason = whyNoEngine(kind)
  const title = `containers of ${kind}${reason === undefined ? '' : ` (${reason})`}`
  describe.skipIf(reason !== undefined)(title, () => runSuite(kind))
}

function runSuite(kind: EngineKind): void {
  let engine: PrivateEngine
  let settings: ContainerSettings
  let sandbox: Sandbox
  let calls: CallFixture
  beforeAll(async () => {
    engine = await PrivateEngine.start(kind)
    sandbox = createContainerSandbox({ socketPath: engine.socketPath, image: PrivateEngine.image })
    settings = await preflight(engine.socketPath, PrivateEngine.image, callUser())
    calls = await CallFixture.create(sandbox)
  }, 60_000)
  afterAll(async () => {
    await engine?.stop()
    await calls?.remove()
  })

  describeAttacks(() => sandbox)

  describe.concurrent('a call', () => {
    it('has its arguments, variables and streams, and shows no value in a command line', async () => {
      const secret = `value-${newMarker()}`
      let seen: string | undefined = ''
      const script =
        'printf "%s|" "$TOKEN" "$@"; cat; printf "\\377\\000" >&2; echo x >/dev/stderr; sleep 0.1; exit 42'
      const words = ['a b', '', `"'$(id)`, 'line\nbreak']
      const result = await calls.run(['sh', '-c', script, 'sh', ...words], {
        env: { TOKEN: secret },
        stdin: Buffer.from('in\nput'),
        onOutput: () => (seen = commandLines().find((line) => line.includes(secret))),
      })
      expect(result).toMatchObject({ ending: 'exited', exitCode: 42, truncated: false })
      expect(result.stdout).toBe([secret, ...words, 'in\nput'].join('|'))
      expect(result.stderrBytes).toEqual(Buffer.from([0xff, 0, 0x78, 0x0a]))
      expect(seen).toBeUndefined()
    })

    it('runs as nobody of the host, and says who bounds it', async () => {
      const script =
        'id -u; id -un; env | cut -d= -f1 | sort | tr "\\n" " "; cat /etc/resolv.conf; touch owned-here; kill -SEGV $$'
      const result = await calls.shell(script)
      const { uid } = callUser()
      expect(result.stdout).toBe(`${uid}\nsandbox\nHOME LANG PATH PWD TMPDIR nameserver 127.0.0.1\n`)
      expect(result).toMatchObject({ ending: 'signaled', signal: 'SIGSEGV' })
      expect(lstatSync(join(calls.workspace, 'owned-here')).uid).toBe(uid)
      const { wallMs, outputBytes, workspaceBytes, workspaceEntries, ...others } = result.enforced
      expect([wallMs, outputBytes, workspaceBytes, workspaceEntries]).toEqual(Array(4).fill('poll'))
      expect(new Set(Object.values(others))).toEqual(new Set(['kernel']))
    })

    describeCalls(() => calls, [0, 60, 150, 400])

    it('never sees the socket of the engine', async () => {
      for (const path of [engine.socketPath, engine.folder, dirname(engine.folder)])
        await expect(
          calls.run(['true'], { mounts: [{ source: path, target: '/mnt/x', mode: 'ro' }] }),
        ).rejects.toThrow(InvalidMountError)
    })

    it('does not begin when a link has taken the place of a mount', async () => {
      const source = join(calls.folder, 'exchanged')
      mkdirSync(source)
      // The last moment before an engine mounts: Podman does when somebody attaches.
      const attach: ContainerEngine['attach'] = (id) => {
        renameSync(source, `${source}-away`)
        symlinkSync('/etc', source)
        return settings.engine.attach(id)
      }
      const exchanging = Object.assign(engine.api, { attach })
      const request = calls.requestFor(['touch', 'began'], {
        mounts: [{ source, target: '/mnt/x', mode: 'rw' as const }],
      })
      const result = await new ContainerCall(request, {
        ...settings,
        engine: exchanging,
      }).run()
      expect(result).toMatchObject({
        ending: 'sandbox-failed',
        detail: expect.stringContaining(source) as string,
      })
      expect(lstatSync(join(calls.workspace, 'began'), { throwIfNoEntry: false })).toBeUndefined()
    })
  })

  describe.concurrent('an engine', () => {
    it('withstands the probe, which names the image; one without a filter does not', async () => {
      const report = await sandbox.probe()
      expect(report.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(report.checks.at(-1)).toMatchObject({
        name: 'image',
        detail: expect.stringContaining('sha256:') as string,
      })
      const weak = { ...settings, seccompProfile: '{"defaultAction":"SCMP_ACT_ALLOW"}' }
      const run: Sandbox['run'] = (request) => new ContainerCall(request, weak).run()
      const idle = () => Promise.resolve()
      const weakened = { kind: 'container' as const, run, probe: sandbox.probe, warmUp: idle, coolDown: idle }
      const { ok, checks } = await probeSandbox(weakened, settings.uid)
      expect(ok).toBe(false)
      expect(checks.filter((check) => !check.ok).map(({ name }) => name)).toContain('user-namespaces')
    })

    it('that is not there, or has not the image, is named with what to do', async () => {
      const { socketPath } = engine
      const missing = createContainerSandbox({ socketPath, image: 'example/none:1' }).run(
        calls.requestFor(['true']),
      )
      await expect(missing).rejects.toThrow(SandboxUnavailableError)
      await expect(missing).rejects.toThrow(`Run: ${kind} pull example/none:1`)
      const nowhere = createContainerSandbox({ socketPath: '/nowhere/docker.sock' })
      await expect(nowhere.run(calls.requestFor(['true']))).rejects.toThrow('nobody listens')
      expect((await nowhere.probe()).checks[0]?.detail).toContain('/nowhere/docker.sock')
    })
  })

  describe.concurrent('a container', () => {
    it('is gone soon after the process that asked for it was killed', () => {
      const { socketPath } = engine
      return expectToEndWithItsProcess({ kind: 'container', socketPath, image: PrivateEngine.image }, calls)
    })

    it('ends by itself when nobody is left to end it', async () => {
      // Its wall time ended long ago.
      const id = await create(nextOwner(), ['sleep', '1000'], -29_000)
      const connection = await engine.api.attach(id)
      await engine.api.start(id)
      connection.end(openingLine({}))
      await engine.api.waitForEnd(id)
      expect(await engine.api.state(id)).toMatchObject({ exitCode: 137 })
      await engine.api.remove(id)
    })

    it('that a killed process left is swept, and no other', async () => {
      const [namespace] = ownMark().split('-')
      const left = await create(`${namespace}-999999999-1-1`, ['true'])
      const own = await create(nextOwner(), ['true'])
      await sweepContainers(engine.api)
      const found = await engine.api.labelled(ownerLabel)
      expect([found.has(left), found.has(own)]).toEqual([false, true])
      await engine.api.remove(own)
    })
  })

  function create(owner: string, argv: string[], wallMs = defaultLimits.wallMs): Promise<string> {
    const { workspace } = calls
    const limits = { ...defaultLimits, wallMs }
    const plan = {
      image: settings.image.id,
      owner,
      ...callUser(),
      workspace,
      mounts: [{ source: workspace, target: '/workspace', mode: 'rw' as const }],
      command: gatedCommand({ argv, limits }),
      limits,
      seccompProfile: settings.seccompProfile,
      folder: calls.folder,
    }
    return engine.api.create(`test-${owner}`, plan)
  }
}
