import { writeFileSync } from 'node:fs'

/**
 * vitest reporter: writes how many tests passed, failed and were skipped, and a line for each failure, to the file that
 * GUILDHALL_TEST_COUNTS names, as JSON. A file that could not be loaded and an error outside any test count as one failure
 * each.
 */
export default class CountReporter {
  /**
   * @param {ReadonlyArray<import('vitest/node').TestModule>} modules
   * @param {ReadonlyArray<{ message: string }>} unhandledErrors
   */
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, skipped: 0 }
    const failures = unhandledErrors.map(({ message }) => `outside any test: ${firstLine(message)}`)
    for (const module of modules) {
      const file = module.relativeModuleId
      failures.push(...module.errors().map(({ message }) => `${file}: ${firstLine(message)}`))
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result()
        if (state === 'failed')
          failures.push(`${file} > ${test.fullName}: ${firstLine(errors[0]?.message ?? '')}`)
        else counts[state === 'passed' ? 'passed' : 'skipped'] += 1
      }
    }
    const file = process.env['GUILDHALL_TEST_COUNTS']
    if (file) writeFileSync(file, JSON.stringify({ ...counts, failures }))
  }
}

/** @param {string} text */
function firstLine(text) {
  return text.split('\n', 1)[0]
}
