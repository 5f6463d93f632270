import { describe, expect, it } from 'vitest'
import { CircuitBreaker } from './circuit.breaker.js'

function breaker(isFailure?: (error: unknown) => boolean) {
  const clock = { ms: 0 }
  const circuit = new CircuitBreaker({
    failures: 2,
    openMs: 100,
    now: () => clock.ms,
    ...(isFailure && { isFailure }),
  })
  const fail = () =>
    circuit.run(() => Promise.reject(new Error('down'))).catch((error: Error) => error.message)
  const succeed = () => circuit.run(async () => 'up')
  return { clock, circuit, fail, succeed }
}

describe('a circuit breaker', () => {
  it('opens after failures in a row and refuses without asking', async () => {
    const { circuit, clock, fail, succeed } = breaker()
    await fail()
    await succeed()
    await fail()
    expect(circuit.isOpen, 'a success in between starts the count again').toBe(false)
    await fail()
    expect(circuit.isOpen).toBe(true)
    clock.ms = 60
    await expect(succeed()).rejects.toMatchObject({ name: 'CircuitOpenError', retryInMs: 40 })
  })

  it('lets one try through when the time is over, and closes when it works', async () => {
    const { circuit, clock, fail, succeed } = breaker()
    await fail()
    await fail()
    clock.ms = 100
    const probe = Promise.withResolvers<string>()
    const probing = circuit.run(() => probe.promise)
    await expect(succeed(), 'others do not wait for the try').rejects.toMatchObject({
      name: 'CircuitOpenError',
    })
    probe.resolve('up')
    expect(await probing).toBe('up')
    expect(await succeed()).toBe('up')
  })

  it('opens again at once when the one try fails', async () => {
    const { circuit, clock, fail } = breaker()
    await fail()
    await fail()
    clock.ms = 100
    expect(await fail()).toBe('down')
    expect(circuit.isOpen).toBe(true)
    clock.ms = 201
    expect(circuit.isOpen).toBe(false)
  })

  it('does not count what is not the fault of the other side', async () => {
    const { circuit, fail } = breaker(() => false)
    for (let time = 0; time < 5; time++) await fail()
    expect(circuit.isOpen).toBe(false)
  })
})
