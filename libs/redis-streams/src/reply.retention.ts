/** What a reply stream keeps: at least so many entries, and nothing once it was silent for so long. */
export const replyRetention = { entries: 10_000, silentSeconds: 7 * 24 * 3_600 } as const
