import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsDateString,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Length,
  Matches,
  Max,
  Min,
  ValidateNested,
} from 'class-validator'
import { type Rights, RightsDraft } from './rights.js'
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
  /** What its tasks and agents may do at most; absent: what the policy gives to those without rights of their own. */
  rights?: Rights
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

  /** What is not named is not granted. Default: what the policy gives to those without rights of their own. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RightsDraft)
  rights?: RightsDraft
}

/** `client.registered`: the new client. */
export class ClientRegistered {
  client!: ClientView
}

/** `client.change`: other roles or other rights; what is absent stays. A client stays in its tenant. */
export class ClientChange {
  @Matches(namePattern, nameRule('clientId'))
  clientId!: string

  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @ArrayMaxSize(roles.length)
  @IsIn(roles, { each: true })
  roles?: Role[]

  /** In place of all that it had; what is not named is not granted. Tasks that it has handed in keep what they have. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => RightsDraft)
  rights?: RightsDraft
}

/** `client.changed`: the client as it is from now on. */
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
