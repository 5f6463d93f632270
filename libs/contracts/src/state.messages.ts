import { IsBoolean, IsDefined, IsInt, IsOptional, IsString, Length, Max, Min } from 'class-validator'

/** `state.get`: read one value of the tenant’s own key space in the StateManager. */
export class StateGet {
  @IsString()
  @Length(1, 512)
  key!: string
}

export class StateFound {
  key!: string
  found!: boolean
  value!: unknown
}

/** `state.set`: write one value of the tenant’s key space. */
export class StateSet {
  @IsString()
  @Length(1, 512)
  key!: string

  /** Any JSON value but null: what is not there is `found: false`. */
  @IsDefined()
  value!: unknown

  /** Write to MySQL too, so that a flushed Redis loses nothing. Default false. */
  @IsOptional()
  @IsBoolean()
  persist?: boolean

  /** Gone after this time. Default: never. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(365 * 24 * 3_600_000)
  ttlMs?: number
}

export class StateStored {
  key!: string
}

/** `state.delete`: forget one value of the tenant’s key space; also when there is none. */
export class StateDelete {
  @IsString()
  @Length(1, 512)
  key!: string
}

export class StateDeleted {
  key!: string
}
