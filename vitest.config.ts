import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const conditions = ['@guildhall/source']
const resolve = { conditions }
const ssr = { resolve: { conditions } }
const setupFiles = ['reflect-metadata']
// What is waited for comes at once, as a rule; a busy machine gets longer before that is a failure.
const patience = { poll: { timeout: 10_000, interval: 20 } }
// The others take minutes: `npm run test:chaos` runs all of them.
const stories = process.env['GUILDHALL_CHAOS_FULL'] === '1' ? '*' : '{ledger,kills-and-losses}'

/** The longest comes last. */
const long = ['crash', 'outage', 'demo'].map((story) => `/e2e/${story}.e2e.spec.ts`)
const rankOf = ({ moduleId }: TestSpecification) => long.findIndex((file) => moduleId.endsWith(file))

/** In a fresh clone nothing tells how long files take, and the largest come first: these would be left over for the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    return sorted.toSorted((a, b) => rankOf(b) - rankOf(a))
  }
}

// Each project runs when the one before it is over: they want different numbers of workers.
export default defineConfig({
  resolve,
  ssr,
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          include: [
            '{libs,services}/**/src/**/*.spec.ts',
            'tools/*.spec.ts',
            'e2e/{bus,matching}-bench/*.spec.ts',
          ],
          exclude: ['**/*.{int,e2e,chaos}.spec.ts', '**/dist/**', '**/node_modules/**'],
          setupFiles,
          // They keep nothing in their modules: to load these anew for each file would take most of the time.
          pool: 'threads',
          isolate: false,
          expect: patience,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'integration',
          sequence: { groupOrder: 1 },
          isolate: false,
          // They wait for servers and clocks more than they compute.
          maxWorkers: 3,
          include: ['{libs,services}/**/src/**/*.int.spec.ts', 'skills/*.int.spec.ts', 'tools/*.int.spec.ts'],
          exclude: ['**/dist/**', '**/node_modules/**'],
          setupFiles,
          expect: patience,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 2 },
          include: ['e2e/**/*.e2e.spec.ts'],
          setupFiles,
          // Each file runs every service of its own, and waits for them more than it computes.
          maxWorkers: 2,
          expect: patience,
          testTimeout: 60_000,
          hookTimeout: 90_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'chaos',
          sequence: { groupOrder: 3 },
          include: [`e2e/chaos/${stories}.chaos.spec.ts`, 'services/**/src/**/*.chaos.spec.ts'],
          setupFiles,
          fileParallelism: false,
          expect: patience,
          testTimeout: 120_000,
          hookTimeout: 240_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'bench',
          sequence: { groupOrder: 4 },
          include: ['e2e/*.bench.ts', 'services/**/src/**/*.bench.ts'],
          setupFiles,
          fileParallelism: false,
          hookTimeout: 90_000,
        },
      },
    ],
  },
})
