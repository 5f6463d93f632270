import { Command, type Redis } from 'ioredis'

export type CommandArgument = string | number

/**
 * Runs one command, and takes off it what it carried when it is over. V8 keeps ioredis's commands that are over until the
 * next collection of the old generation (an object with a closure that its own constructor has made), and with them each
 * argument and each string of the answer: the collections of the young generation would copy all of it in vain.
 */
export async function callCommand(
  redis: Redis,
  name: string,
  args: readonly CommandArgument[],
): Promise<unknown> {
  const command = new Command(name, [...args], { replyEncoding: 'utf8' })
  try {
    const answer: unknown = await redis.sendCommand(command)
    return Array.isArray(answer) ? answer.splice(0) : answer
  } finally {
    command.args.length = 0
  }
}
