import {
  type FunctionName,
  functionNamePattern,
  orderedFunctions,
  type SkillNote,
} from '@guildhall/contracts'

/**
 * What the tools of other products are here, by their names in lower case. A name may stand here before the function
 * exists; until then it counts as unknown.
 */
const functionsByTool: Readonly<Record<string, readonly string[]>> = {
  bash: ['bash'],
  shell: ['bash'],
  terminal: ['bash'],
  run_terminal_cmd: ['bash'],
  execute: ['bash'],
  read: ['fs.read'],
  read_file: ['fs.read'],
  notebookread: ['fs.read'],
  write: ['fs.write'],
  write_file: ['fs.write'],
  // To change a part of a file it has to be read first.
  edit: ['fs.read', 'fs.write'],
  multiedit: ['fs.read', 'fs.write'],
  edit_file: ['fs.read', 'fs.write'],
  notebookedit: ['fs.read', 'fs.write'],
  ls: ['fs.list'],
  list_dir: ['fs.list'],
  glob: ['fs.list'],
  grep: ['fs.list', 'fs.read'],
  webfetch: ['http.fetch'],
}

const mostNotes = 20

/** What `allowed-tools` comes to here. */
export interface AllowedTools {
  requiredCapabilities: FunctionName[]
  notes: SkillNote[]
}

/**
 * Maps the tools that SKILL.md names (`Read`, `Bash(git:*)`, `fs.list`) to functions. What has no function here is reported,
 * neither granted nor refused; a restriction in brackets is reported too, for a function is needed whole or not at all.
 */
export function mapAllowedTools(tools: readonly string[]): AllowedTools {
  const needed = new Set<string>()
  const unknown: string[] = []
  const widened: string[] = []
  for (const tool of new Set(tools)) {
    const [, name = tool, restriction] = /^([^()]+)(?:\((.*)\))?$/s.exec(tool) ?? []
    const functions = functionsFor(name)
    if (functions.length === 0) unknown.push(tool)
    else if (restriction !== undefined && restriction !== '' && restriction !== '*') widened.push(tool)
    for (const one of functions) needed.add(one)
  }
  return {
    requiredCapabilities: orderedFunctions(needed),
    notes: [
      ...noteOf('tool-unknown', unknown, (names) => `no function here does what ${names} would do`),
      ...noteOf(
        'tool-widened',
        widened,
        (names) => `${names} cannot be narrowed down here: the skill needs the whole function`,
      ),
    ],
  }
}

/** The names in a text such as `Bash(git add:*), Read`. */
export function splitTools(text: string): string[] {
  return text.match(/[^\s,()]+(?:\([^)]*\))?|\([^)]*\)?|\)/g) ?? []
}

function functionsFor(name: string): string[] {
  if (functionNamePattern.test(name)) return [name]
  const lower = name.toLowerCase()
  const mapped = Object.hasOwn(functionsByTool, lower) ? (functionsByTool[lower] ?? []) : []
  return mapped.every((one) => functionNamePattern.test(one)) ? [...mapped] : []
}

function noteOf(code: string, tools: string[], sentence: (names: string) => string): SkillNote[] {
  if (tools.length === 0) return []
  const shown = tools.slice(0, mostNotes).map((tool) => tool.slice(0, 80))
  const more = tools.length - shown.length
  const names = shown.join(', ') + (more > 0 ? ` and ${more} more` : '')
  return [{ code, message: `allowed-tools: ${sentence(names)}` }]
}
