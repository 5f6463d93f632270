import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ApprovalDecide, ApprovalDecided } from '@guildhall/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunningStack, until } from './running.stack.js'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  service: string
  links?: { traceId: string }[]
}
interface OtlpResource {
  resource: { attributes: { key: string; value: { stringValue?: string } }[] }
  scopeSpans: { spans: Omit<Span, 'service'>[] }[]
}

const spans: Span[] = []
let collector: Server
let guildhall: RunningStack

beforeAll(async () => {
  collector = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { resourceSpans: OtlpResource[] }
      for (const { resource, scopeSpans } of body.resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))))
      }
      response.end('{}')
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const fast = { OTEL_BSP_SCHEDULE_DELAY: '200' }
  guildhall = await RunningStack.start({
    otlpEndpoint: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    env: { router: fast, 'skill-registry': fast, 'task-scheduler': fast, executor: fast, audit: fast },
  })
  await guildhall.teach({
    skill: 'greeting',
    description: 'Says a friendly greeting to somebody.',
    examples: ['Say a friendly greeting'],
    steps: [{ id: 'greet', call: 'bash', arguments: { command: 'echo hello' } }],
  })
})
afterAll(async () => {
  await guildhall.stop()
  collector.close()
})

describe('a task', () => {
  it('is one unbroken trace over all services, with the wait for a person linked to the answer', async () => {
    const { task, traceId } = await guildhall.run({ goal: 'Say a friendly greeting' }, async (event) => {
      if (event.type !== 'approval.requested') return
      const request = { approvalId: event.value.approval.id, answer: 'once' as const }
      await guildhall.client.request(ApprovalDecide, request, ApprovalDecided)
    })
    expect(task.state).toBe('completed')
    const mine = () => spans.filter((span) => span.traceId === traceId)
    const isThere = (name: string) => mine().some((span) => span.name === name)
    const missing = () =>
      [
        'route task.submit',
        'route task.completed',
        'process task.submit',
        'process skills.match',
        'match',
        'approval wait',
        'process task.run',
        'run',
        'function bash',
      ].filter((name) => !isThere(name))
    // Services send their spans on their own, and the last one of the task is not the last one to arrive.
    await until(() => missing().length === 0, 'the spans of all parts arrive')
    await until(() => {
      const ids = new Set(mine().map((span) => span.spanId))
      return mine().every((span) => !span.parentSpanId || ids.has(span.parentSpanId))
    }, 'every parent is there: the trace is unbroken')

    expect(mine().filter((span) => !span.parentSpanId)).toHaveLength(1)
    expect(new Set(mine().map((span) => span.service))).toEqual(
      new Set(['router', 'skill-registry', 'task-scheduler', 'executor']),
    )
    const wait = mine().find((span) => span.name === 'approval wait')
    expect(wait?.links?.some((link) => link.traceId !== traceId)).toBe(true)
    // ioredis and mysql2 are instrumented.
    const names = mine().map((span) => span.name)
    expect(names.some((name) => /insert|select|update/i.test(name))).toBe(true)
    expect(names.some((name) => /xadd|fcall|pipeline/i.test(name))).toBe(true)
  })
})
