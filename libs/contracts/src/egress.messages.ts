import { Type } from 'class-transformer'
import { IsArray, IsInt, IsOptional, IsString, IsUUID, Min, ValidateNested } from 'class-validator'

/** Connections that a run asked for, to one place with one verdict. */
export class EgressCount {
  /** Absent when the request did not name a place in a way that can be trusted. */
  @IsOptional() @IsString() host?: string
  @IsOptional() @IsInt() port?: number
  /** `opened`, or why not: `host-not-allowed`, `address-refused`, … */
  @IsString() verdict!: string
  /** Since the message before. */
  @IsInt() @Min(1) count!: number
  /** What the name stood for, where that was the reason; the first few. */
  @IsOptional() @IsArray() addresses?: string[]
}

/**
 * `egress.attempted`: which connections a run asked its way out for, and what became of them. Said soon after the first to a
 * place, and of the others when the run ends or is put aside.
 */
export class EgressAttempted {
  @IsUUID() taskId!: string
  @IsUUID() runId!: string
  @IsArray() @ValidateNested({ each: true }) @Type(() => EgressCount) attempts!: EgressCount[]
  /** Attempts at more places than are told apart. */
  @IsInt() @Min(0) further!: number
}
