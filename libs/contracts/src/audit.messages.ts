import { IsIn, IsInt, IsOptional, IsUUID, Matches, Max, Min } from 'class-validator'

/** `audit.list`: newest last. */
export class AuditList {
  @IsOptional()
  @IsUUID()
  taskId?: string

  @IsOptional()
  @Matches(/^[0-9a-f]{32}$/)
  traceId?: string

  @IsOptional()
  @IsIn(['allowed', 'denied'])
  verdict?: 'allowed' | 'denied'

  /** Default 100. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number
}

export class AuditListed {
  records!: AuditView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** One routed or refused message with the router's verdict. */
export interface AuditView {
  seq: number
  messageId: string
  type: string
  source: string
  deliveredTo: string[]
  verdict: 'allowed' | 'denied'
  code?: string
  reason?: string
  taskId?: string
  traceId?: string
  tenant?: string
  at: string
  /** SHA-256 of the payload text. */
  dataSha256: string
  dataBytes: number
}

/** `audit.count`: how many messages were judged, and how. */
export class AuditCount {}

export class AuditCounted {
  records!: number
  allowed!: number
  denied!: number
}
