import { execFile } from 'node:child_process'

const MESSAGE_BYTES = 64 * 1024

/** Why a program of the host failed; undefined when it did not. It gets no environment of this process and no input. */
export function runHostProgram(
  file: string,
  args: readonly string[],
  cwd = '/',
): Promise<string | undefined> {
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' }
  return new Promise((resolve) => {
    const child = execFile(file, args, { cwd, env, maxBuffer: MESSAGE_BYTES }, (error, _, stderr) =>
      resolve(error ? stderr.trim() || error.message : undefined),
    )
    child.stdin?.end()
  })
}
