import type { SandboxEnding } from '../sandbox.js'

/** Absolute, as functions see it: below /workspace, /mnt or /skills. */
interface At {
  path: string
}

export type FileKind = 'file' | 'folder' | 'link' | 'other'

/** What a session does, its arguments and what it answers. Links are followed as far as the sandbox sees. */
export interface FileOperations {
  read: {
    args: At & { offset?: number; maxBytes: number }
    value: { contentBase64: string; sizeBytes: number; truncated: boolean }
  }
  /** Makes the folders above. `create` refuses an existing file (EEXIST). */
  write: {
    args: At & { contentBase64: string; mode?: 'replace' | 'append' | 'create' }
    value: { sizeBytes: number }
  }
  /** Replaces a text that is there once, or, with `all`, everywhere. Codes: ENOMATCH, EAMBIGUOUS, ENOTTEXT, EFBIG. */
  edit: {
    args: At & { oldText: string; newText: string; all?: boolean; maxBytes: number }
    value: { sizeBytes: number; replaced: number }
  }
  /** Sorted by name, folders before what they hold; links are told, not entered. */
  list: {
    args: At & { recursive?: boolean; maxEntries: number }
    value: { entries: { path: string; kind: FileKind; sizeBytes: number }[]; truncated: boolean }
  }
  /** Of a link itself. `mode`: the permission bits. */
  stat: {
    args: At
    value: { kind: FileKind; sizeBytes: number; mode: number; modifiedAt: string }
  }
  /** Lines of text files that contain the text. */
  search: {
    args: At & { text: string; maxMatches: number; maxFileBytes: number }
    value: { matches: { path: string; line: number; text: string }[]; truncated: boolean }
  }
}

/** The file system inside refuses; the message is fit for a model. */
export class FileRefusedError extends Error {
  override readonly name = 'FileRefusedError'
  constructor(
    /** As the system names it: ENOENT, EACCES, EISDIR, …; or ENOTFILE. */
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** The session's process ended before it answered. */
export class FileSessionError extends Error {
  override readonly name = 'FileSessionError'
  constructor(
    /** How, as of a call; `wall-time` when the request took too long. */
    readonly ending: SandboxEnding,
    message: string,
  ) {
    super(message)
  }
}
