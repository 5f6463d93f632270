import { canonicalDigest } from './canonical.digest.js'

/** What an approval is bound to: the kind of question, exactly what will happen, and the files that it names. */
export interface ApprovalContent {
  kind: string
  /** Any JSON object; `1`, `true` and `"1"` are three different things in it. */
  subject: object
  /** With the SHA-256 (hex) of their bytes; their order does not matter. Default: none. */
  files?: readonly { path: string; sha256: string }[] | undefined
}

/**
 * SHA-256 (hex) of the canonical JSON (RFC 8785) of `{kind, subject, files}`, the files ordered by path.
 * @throws TypeError when the subject has no JSON form.
 */
export function approvalDigest({ kind, subject, files = [] }: ApprovalContent): string {
  const ordered = files
    .map(({ path, sha256 }) => ({ path, sha256 }))
    .sort((one, other) => (one.path < other.path ? -1 : one.path > other.path ? 1 : 0))
  return canonicalDigest({ kind, subject, files: ordered })
}

/**
 * Whether what is about to happen is what was approved. To be asked right before the step, with the arguments as they will
 * be used and the files hashed anew: whatever changed since the question makes it false.
 * @param approved what `approval.answered` said
 * @throws TypeError when the subject has no JSON form.
 */
export function matchesApproval(
  approved: { state: string; kind: string; digest: string },
  content: ApprovalContent,
): boolean {
  return (
    approved.state === 'approved' &&
    approved.kind === content.kind &&
    approved.digest === approvalDigest(content)
  )
}
