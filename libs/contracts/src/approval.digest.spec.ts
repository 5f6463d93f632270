import { describe, expect, it } from 'vitest'
import { approvalDigest, matchesApproval } from './approval.digest.js'
import { canonicalDigest } from './canonical.digest.js'

const script = { path: 'inventory/scripts/list.sh', sha256: 'a'.repeat(64) }
const other = { path: 'inventory/scripts/count.sh', sha256: 'b'.repeat(64) }
const call = {
  kind: 'function-call',
  subject: { function: 'bash', arguments: { command: 'ls', recursive: true, depth: 1 } },
  files: [script, other],
}
const approved = { state: 'approved', kind: call.kind, digest: approvalDigest(call) }
const withArguments = (given: object) => ({ ...call, subject: { ...call.subject, arguments: given } })

describe('the digest of an approval', () => {
  it('covers kind, subject and files, whatever the order of keys and files', () => {
    const { kind, subject } = call
    expect(approvalDigest(call)).toBe(canonicalDigest({ kind, subject, files: [other, script] }))
    expect(approvalDigest({ ...call, files: [other, script] })).toBe(approvalDigest(call))
    expect(approvalDigest({ kind, subject })).toBe(approvalDigest({ kind, subject, files: [] }))
  })
})

describe('what is about to happen', () => {
  it('is what was approved when nothing of it changed', () => {
    expect(matchesApproval(approved, structuredClone(call))).toBe(true)
    const reordered = withArguments({ depth: 1, recursive: true, command: 'ls' })
    expect(matchesApproval(approved, reordered)).toBe(true)
  })

  it.each([
    ['an argument changed', withArguments({ command: 'ls /', recursive: true, depth: 1 })],
    ['an argument came', withArguments({ command: 'ls', recursive: true, depth: 1, all: false })],
    ['an argument went', withArguments({ command: 'ls', recursive: true })],
    ['true became 1', withArguments({ command: 'ls', recursive: 1, depth: 1 })],
    ['1 became true', withArguments({ command: 'ls', recursive: true, depth: true })],
    ['a number became text', withArguments({ command: 'ls', recursive: true, depth: '1' })],
    ['a script has other bytes', { ...call, files: [{ ...script, sha256: 'c'.repeat(64) }, other] }],
    ['a script was swapped with another', { ...call, files: [{ ...script, path: other.path }] }],
    ['a script went', { ...call, files: [script] }],
    ['it is another kind of question', { ...call, kind: 'unknown-effect' }],
  ])('is not what was approved when %s', (_, changed) => {
    expect(matchesApproval(approved, changed)).toBe(false)
  })

  it.each(['pending', 'refused', 'expired', 'withdrawn', 'superseded', 'revoked'])(
    'is not approved when the answer is %s',
    (state) => {
      expect(matchesApproval({ ...approved, state }, call)).toBe(false)
    },
  )
})
