import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CallFixture, countProcesses, newMarker } from '../call.fixture.js'
import { createProcessBackend, defaultLimits, InvalidRequestError, type SandboxRequest } from '../index.js'

const backend = createProcessBackend()
let calls: CallFixture
beforeAll(async () => {
  calls = await CallFixture.create()
})
afterAll(() => calls.remove())

function run(argv: string[], over: Partial<Omit<SandboxRequest, 'limits'>> & { limits?: object } = {}) {
  const { limits, ...rest } = over
  const request = { argv, env: {}, workspace: calls.workspace, mounts: [], ...rest }
  return backend.run({ ...request, limits: { ...defaultLimits, ...limits } })
}

describe('plain processes', () => {
  it('get their folder, variables and input, and nothing of this process', async () => {
    const script = 'echo "$A|$VITEST|$(pwd)"; cat; echo x >/dev/null; exit 3'
    const result = await run(['sh', '-c', script], { env: { A: "it's" }, stdin: 'input' })
    expect(result).toMatchObject({ ending: 'exited', exitCode: 3 })
    expect(result.stdout).toBe(`it's||${calls.workspace}\ninput`)
    expect((await run(['id', '-u'])).stdout).not.toBe('0\n')
  })

  it('find what functions call by the paths of a sandbox', async () => {
    await run(['tee', '/workspace/note'], { stdin: 'text' })
    expect((await run(['cat', '/workspace/note'])).stdout).toBe('text')
  })

  it('end at their limits, with those of their group', async () => {
    const marker = newMarker()
    const late = await run(['sh', '-c', `sleep ${marker} & sleep ${marker}`], { limits: { wallMs: 200 } })
    expect(late.ending).toBe('wall-time')
    expect(countProcesses(marker)).toBe(0)
    const loud = await run(['yes'], { limits: { outputBytes: 10_000 } })
    expect(loud).toMatchObject({ ending: 'output', truncated: true })
    expect(loud.stdout.length).toBe(10_000)
  })

  it('say honestly what bounds them, and promise no protection', async () => {
    const { enforced } = await run(['true'])
    expect(enforced).toMatchObject({
      tmpBytes: 'none',
      shmBytes: 'none',
      wallMs: 'poll',
      memoryBytes: 'poll',
    })
    await expect(run(['true'], { protect: ['a'] })).rejects.toThrow(InvalidRequestError)
    expect((await backend.probe()).checks[0]?.detail).toContain('not isolated')
    expect((await run(['no-such-program'])).exitCode).not.toBe(0)
  })
})
