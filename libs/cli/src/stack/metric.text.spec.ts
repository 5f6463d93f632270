import { expect, it } from 'vitest'
import { sumOfMetric } from './metric.text.js'

const text = `# HELP guildhall_router_messages_total Messages judged
# TYPE guildhall_router_messages_total counter
guildhall_router_messages_total{verdict="allowed",code=""} 41
guildhall_router_messages_total{verdict="denied",code="inv\\"alid"} 2
guildhall_router_messages_total{verdict="denied",code="expired"} 1
guildhall_router_messages_total_other 7
process_start_time_seconds 1.7e9
`

it('sums a counter over the label sets that are asked for', () => {
  const name = 'guildhall_router_messages_total'
  expect(sumOfMetric(text, name)).toBe(44)
  expect(sumOfMetric(text, name, { verdict: 'denied' })).toBe(3)
  expect(sumOfMetric(text, name, { verdict: 'denied', code: 'inv\\"alid' })).toBe(2)
  expect(sumOfMetric(text, 'process_start_time_seconds')).toBe(1.7e9)
  expect(sumOfMetric(text, 'absent')).toBeUndefined()
})
