import { writeFileSync } from 'node:fs'

/**
 * vitest reporter: writes how many tests passed, failed and were skipped to the file that GUILDHALL_TEST_COUNTS names,
 * as JSON. A file that could not be loaded and an error outside any test count as one failure each.
 */
export default class CountReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<unknown>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 }
    for (const module of modules) {
      counts.failed += module.errors().length
      for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state === 'passed' || state === 'failed') counts[state] += 1
        else counts.skipped += 1
      }
    }
    const file = process.env['GUILDHALL_TEST_COUNTS']
    if (file) writeFileSync(file, JSON.stringify(counts))
  }
}
