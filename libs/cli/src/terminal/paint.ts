import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'

type Format = Parameters<typeof styleText>[0]
/** Colours a text for one stream: plain where the stream is no terminal, or NO_COLOR says so. */
export type Paint = (format: Format, text: string) => string

export function paintFor(stream: NodeJS.WritableStream | WriteStream): Paint {
  return (format, text) => styleText(format, text, { stream })
}

/** Colours nothing. */
export const plain: Paint = (_, text) => text
