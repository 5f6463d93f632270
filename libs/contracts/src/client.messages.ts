import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsDateString,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator'
import { type Role, roles } from './service.names.js'

const namePattern = /^[a-z0-9][a-z0-9-]{0,63}$/
const nameRule = (property: string) => ({
  message: `${property} must be lower case letters, digits and hyphens, at most 64`,
})

/** A credential of a client. The token itself is known to its holder alone. */
export interface TokenView {
  id: string
  /** What it is for, in words. */
  label: string
  createdAt: string
  /** Absent: never. */
  expiresAt?: string
  revokedAt?: string
}

/** Who may speak on the gateway stream. */
export interface ClientView {
  id: string
  tenant: string
  roles: Role[]
  revokedAt?: string
  /** Those that were valid once too, newest first. */
  tokens: TokenView[]
}

/** `client.list`: of every tenant, by id. */
export class ClientList {
  @IsOptional()
  @Matches(namePattern, nameRule('tenant'))
  tenant?: string

  /** Only ids after this one. */
  @IsOptional()
  @IsString()
  @Length(1, 64)
  after?: string

  /** Default 100. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(500)
  limit?: number
}

/** `client.listed`: clients by id. */
export class ClientListed {
  clients!: ClientView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** `client.register`: a new client, without a token yet. The id of a revoked one is never given again. */
export class ClientRegister {
  @Matches(namePattern, nameRule('clientId'))
  clientId!: string

  @Matches(namePattern, nameRule('tenant'))
  tenant!: string

  @IsArray()
  @ArrayUnique()
  @IsIn(roles, { each: true })
  roles!: Role[]
}

/** `client.registered`: the new client. */
export class ClientRegistered {
  client!: ClientView
}

/** `client.change`: other roles. A client stays in its tenant. */
export class ClientChange {
  @Matches(namePattern, nameRule('clientId'))
  clientId!: string

  @IsArray()
  @ArrayUnique()
  @ArrayMaxSize(roles.length)
  @IsIn(roles, { each: true })
  roles!: Role[]
}

/** `client.changed`: the client with its new roles. */
export class ClientChanged {
  client!: ClientView
}

/** `client.revoke`: the client is known no more, for good. Revoking it again is fine. */
export class ClientRevoke {
  @Matches(namePattern, nameRule('clientId'))
  clientId!: string
}

/** `client.revoked`: the client that nobody knows any more. */
export class ClientRevoked {
  client!: ClientView
}

/**
 * `token.issue`: one more token for a client, so that the old one can be replaced without a gap. Whoever asks makes the
 * token; only its hash travels.
 */
export class TokenIssue {
  @Matches(namePattern, nameRule('clientId'))
  clientId!: string

  @Matches(/^[0-9a-f]{64}$/, { message: 'sha256 must be the SHA-256 of the token in lower case hex' })
  sha256!: string

  @IsString()
  @Length(1, 100)
  label!: string

  /** Default: never. */
  @IsOptional()
  @IsDateString({ strict: true })
  expiresAt?: string
}

/** `token.issued`: what the holder of the new token needs beside it. */
export class TokenIssued {
  token!: TokenView
  clientId!: string
  tenant!: string
  /** The name of the reply stream: the holder of the token needs it, nobody else should know it. */
  replyStream!: string
}

/** `token.revoke`: the token is worth nothing from now on. Revoking it again is fine. */
export class TokenRevoke {
  @IsUUID()
  tokenId!: string
}

/** `token.revoked`: the token that is worth nothing any more. */
export class TokenRevoked {
  token!: TokenView
  clientId!: string
}
