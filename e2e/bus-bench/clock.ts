/** Milliseconds of the monotonic clock, which the processes of one machine share. */
export function clockMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

/** CPU of this process, user and system, in ms. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Calls `send` for 0, 1, 2… at an even rate; resolves when the last call has resolved. */
export async function atRate(
  messages: number,
  perSecond: number,
  send: (index: number) => Promise<unknown>,
): Promise<void> {
  const from = clockMs()
  const sent: Promise<unknown>[] = []
  for (let index = 0; index < messages; index += 1) {
    const waitMs = from + (index * 1_000) / perSecond - clockMs()
    if (waitMs > 1) await new Promise((resolve) => setTimeout(resolve, waitMs))
    sent.push(send(index))
  }
  await Promise.all(sent)
}

/** Calls `send` for 0, 1, 2…, always so many at once; resolves when the last call has resolved. */
export async function inLanes(
  messages: number,
  lanes: number,
  send: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  const lane = async () => {
    while (next < messages) await send(next++)
  }
  await Promise.all(Array.from({ length: lanes }, lane))
}
