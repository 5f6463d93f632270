import {
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsDateString,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Max,
  Min,
} from 'class-validator'

/** `waiting` for a person, put back on its way (`redriven`), or thrown away (`purged`). */
export const deadLetterStates = ['waiting', 'redriven', 'purged'] as const
export type DeadLetterState = (typeof deadLetterStates)[number]

/** Most dead letters that one request redrives or purges. */
export const deadLettersPerRequest = 100

/** A message that a service could not handle. */
export interface DeadLetterView {
  id: string
  service: string
  /** Absent where the header could not be read. */
  messageId?: string
  type?: string
  tenant?: string
  taskId?: string
  traceId?: string
  code: string
  message: string
  attempts: number
  /** When it was given up. */
  at: string
  state: DeadLetterState
  /** How often it was put back. */
  redrives: number
}

/** A field of the entry, byte for byte: `base64` where it is no UTF-8. */
export interface DeadLetterField {
  name: string
  nameBase64?: boolean
  value: string
  base64?: boolean
}

/** Which dead letters; all conditions hold together. */
class DeadLetterFilter {
  @IsOptional()
  @IsString()
  @Length(1, 64)
  service?: string

  /** Type of the message. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  type?: string

  @IsOptional()
  @IsString()
  @Length(1, 100)
  code?: string

  @IsOptional()
  @IsUUID()
  taskId?: string

  /** Given up at this time or later. */
  @IsOptional()
  @IsDateString({ strict: true })
  since?: string
}

/** `dead-letter.list`: newest first, of every tenant. */
export class DeadLetterList extends DeadLetterFilter {
  /** Default `waiting`. */
  @IsOptional()
  @IsIn(deadLetterStates)
  state?: DeadLetterState

  /** Goes on after this one: the last id of the page before. */
  @IsOptional()
  @IsUUID()
  after?: string

  /** Default 100. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number
}

/** `dead-letter.listed`: a page, without the bytes. */
export class DeadLetterListed {
  deadLetters!: DeadLetterView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `dead-letter.show`: one with its bytes. */
export class DeadLetterShow {
  @IsUUID()
  deadLetterId!: string
}

/** `dead-letter.shown`: everything that is known of it. */
export class DeadLetterShown {
  deadLetter!: DeadLetterView
  /** As they came, in order; a payload too large for one answer is cut, and `cutBytes` says by how much. */
  fields!: DeadLetterField[]
  cutBytes!: number
}

/**
 * `dead-letter.redrive`: puts messages back at the ear of the service that could not handle them, with their ids and
 * traces. By ids, or by filter: then at most 100, oldest first.
 */
export class DeadLetterRedrive extends DeadLetterFilter {
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(deadLettersPerRequest)
  @IsUUID(undefined, { each: true })
  ids?: string[]
}

/** `dead-letter.redriven`: what was put back, and what stays and why. */
export class DeadLetterRedriven {
  redriven!: string[]
  refused!: { id: string; code: string; message: string }[]
  /** How many more fit the filter. */
  remaining!: number
}

/** `dead-letter.purge`: the bytes are thrown away; what remains says that there was such a message. */
export class DeadLetterPurge extends DeadLetterFilter {
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(deadLettersPerRequest)
  @IsUUID(undefined, { each: true })
  ids?: string[]

  /** That it is meant. */
  @Equals(true)
  confirm!: boolean
}

/** `dead-letter.purged`: what was thrown away. */
export class DeadLetterPurged {
  purged!: string[]
  /** How many more fit the filter. */
  remaining!: number
}
