/** One thing that Guildhall needs, looked at. */
export interface Check {
  name: string
  /** `warn`: works, but not as well, or not now. */
  verdict: 'ok' | 'warn' | 'fail'
  found: string
  /** What to do; absent when all is well. */
  advice?: string
}

export function ok(name: string, found: string): Check {
  return { name, verdict: 'ok', found }
}

export function warn(name: string, found: string, advice: string): Check {
  return { name, verdict: 'warn', found, advice }
}

export function fail(name: string, found: string, advice: string): Check {
  return { name, verdict: 'fail', found, advice }
}
