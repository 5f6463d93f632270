import { Type } from 'class-transformer'
import {
  ArrayMaxSize,
  ArrayMinSize,
  Equals,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  ValidateNested,
} from 'class-validator'
import { type BuiltInFunction, functionNamePattern, functionSourcePattern } from './function.names.js'
import { type FunctionTier, functionTiers } from './function.tiers.js'
import type { SecretNames } from './secret.names.js'
import type { SkillFile } from './skill.files.js'

/** `function.list`: the functions that agents may be granted: the built-in ones, and those of the tenant by name. */
export class FunctionList {
  /** Only the one of this name, or those whose name begins so and goes on with a dot. */
  @IsOptional()
  @IsString()
  @Length(1, 100)
  name?: string
}

export class FunctionListed {
  functions!: FunctionView[]
  /** How many more there are than one answer holds. */
  omitted!: number
}

/** Bounds of one call. */
export interface FunctionLimits {
  wallMs: number
  memoryBytes: number
  processes: number
  /** Of stdout and stderr together. */
  outputBytes: number
}

/** A function as agents may call it. */
export interface FunctionView {
  name: string
  /** For models to choose by. What a registered function says of itself, whoever wrote it. */
  description: string
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>
  /** JSON Schema of what it answers with; absent: any text. */
  result?: Record<string, unknown>
  /** By the operator's settings; an agent's configuration may have it take more care. */
  tier: FunctionTier
  /** Whether doing a call twice is the same as doing it once. */
  repeatable: boolean
  /** Of one call, unless it names shorter ones itself. */
  limits: FunctionLimits
  /** Built in; a folder with a program; or a tool of an MCP server. */
  source: 'built-in' | 'custom' | 'mcp'
  /** Of a registered function: the version that runs which begin now use. */
  version?: string
  /**
   * SHA-256 (hex). Of a custom function: of its manifest and all its files. Of a tool: of its description and its schemas
   * as the server gave them when it was registered.
   */
  digest?: string
  /** A caller must hold this function too. */
  capability?: BuiltInFunction
  /** Names of the secrets of the tenant that its calls use. */
  secrets?: string[]
}

/** An MCP server; either `command` or `url`. */
export class McpServerDraft {
  /** Its tools are `mcp.<server>.<tool>`. */
  @Matches(/^[a-z0-9][a-z0-9-]{0,29}$/, {
    message: 'server must be lower case letters, digits and hyphens, at most 30',
  })
  server!: string

  /** Program and arguments, run in the sandbox; beside the files where there are any. Speaks MCP on stdin and stdout. */
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(50)
  @IsString({ each: true })
  @Length(1, 1_000, { each: true })
  command?: string[]

  /** Streamable HTTP. A call reaches it only with a right to its host. */
  @IsOptional()
  @Matches(/^https?:\/\/[!-~]+$/, { message: 'url must be an absolute http or https URL' })
  @Length(1, 2_000)
  url?: string

  /** Of every tool. Default `ask`. */
  @IsOptional()
  @IsIn(functionTiers)
  tier?: FunctionTier

  /** Whether doing a call of its tools twice is the same as doing it once. Default false. */
  @IsOptional()
  @IsBoolean()
  repeatable?: boolean

  /** Its program goes out to the hosts of the run; callers must hold `http.fetch` then. One with a url always does. */
  @IsOptional()
  @IsBoolean()
  network?: boolean

  /** Which secret of the tenant each variable of the program holds; with a url, each header of its requests. */
  @IsOptional()
  @IsObject()
  secrets?: SecretNames
}

/**
 * `function.register`: a folder with the manifest function.json and a program, or an MCP server. What is registered under a
 * version never changes: the same again makes that version the current one, anything else under it is refused. A server
 * has versions by number; it gets a new one when its command, its files or one of its tools is another.
 */
export class FunctionRegister {
  /** By path below the folder. */
  @IsOptional()
  @IsObject()
  files?: Record<string, SkillFile>

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => McpServerDraft)
  mcp?: McpServerDraft
}

export class FunctionRegistered {
  functions!: FunctionView[]
  /** False when this very version was registered before. */
  created!: boolean
  /** Tools of the server that cannot be called here, and why. */
  leftOut!: { tool: string; reason: string }[]
  /** How many functions more there are than one answer holds. */
  omitted!: number
}

/** `function.remove`: runs that begin from now on do not have it any more; its versions stay for those that have it. */
export class FunctionRemove {
  /** `custom.<name>`, or `mcp.<server>` with all its tools. */
  @Matches(functionSourcePattern, { message: 'name must be custom.<name> or mcp.<server>' })
  name!: string
}

export class FunctionRemoved {
  name!: string
}

/**
 * `function.call`: one call in an empty workspace, with what the caller itself may do. A built-in function, or the current
 * version of a registered one. A function whose tier is deny is refused, one whose tier is ask needs `consent`.
 */
export class FunctionCall {
  @Matches(functionNamePattern, { message: 'name must be the name of a function' })
  name!: string

  @IsObject()
  arguments!: Record<string, unknown>

  /** The caller says by this, and the audit keeps it, that the call may be made although its tier is ask. */
  @IsOptional()
  @Equals(true)
  consent?: true
}

/** How it ended, as the step of a run would. Output that does not fit into a message is cut. */
export class FunctionCalled {
  name!: string
  /** Of a registered function. */
  version?: string
  ending!: string
  /** Absent when the program did not end by itself. */
  exitCode?: number
  stdout!: string
  stderr!: string
  truncated!: boolean
  tookMs!: number
}
