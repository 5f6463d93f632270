import type { Progress } from '../terminal/progress.js'

/** Shows the steps of the local stack; one that another follows without having been done has failed. */
export function showSteps(progress: Progress): (step: string, done?: boolean) => void {
  return (step, done = false) => {
    if (done) return progress.done()
    progress.fail()
    progress.start(step)
  }
}
