import { type FunctionDefinition, InvalidArgumentsError } from './function.definition.js'
import { sandboxPath } from './sandbox.path.js'

interface EditArguments {
  path: string
  old: string
  new: string
  all?: boolean
}

/** Larger files are edited by the command, which holds no file as a whole in a process that stays. */
const sessionBytes = 8 * 1024 * 1024

/** Texts come through stdin, each ended by a NUL: in arguments their length would be bounded. */
const script = `
export LC_ALL=C
fail() { printf '%s\\n' "$1" >&2; exit 1; }
[ -f "$1" ] || fail "$1 is no file"
[ "$(tr -d '\\0' < "$1" | wc -c)" -eq "$(wc -c < "$1")" ] || fail "$1 is no text"
IFS= read -r -d '' old && IFS= read -r -d '' new || fail 'a text is missing'
content=$(cat -- "$1" && printf x) || fail "$1 cannot be read"
content=\${content%x}
rest=\${content#*"$old"}
[ \${#rest} -lt \${#content} ] || fail "the old text is not in $1"
if [ "$2" = all ]; then
  content=\${content//"$old"/"$new"}
else
  next=\${rest#*"$old"}
  [ \${#next} -eq \${#rest} ] || fail "the old text is in $1 more than once: give more of it, or change all"
  content=\${content/"$old"/"$new"}
fi
printf %s "$content" > "$1"
`

export const fsEdit: FunctionDefinition<EditArguments> = {
  name: 'fs.edit',
  description:
    'Replaces a text in a file by another, literally. Unless all of them are to be replaced, it must occur exactly once. ' +
    'Paths as with fs.write.',
  parameters: {
    type: 'object',
    properties: {
      path: { type: 'string', minLength: 1 },
      old: { type: 'string', minLength: 1, maxLength: 65_536 },
      new: { type: 'string', maxLength: 65_536 },
      all: { type: 'boolean', description: 'Replace it wherever it occurs. Default false.' },
    },
    required: ['path', 'old', 'new'],
    additionalProperties: false,
  },
  repeatable: false,
  tier: 'allow',
  command: ({ path, old, new: replacement, all = false }) => {
    if (old.includes('\0') || replacement.includes('\0')) {
      throw new InvalidArgumentsError('fs.edit: a text file has no NUL in it')
    }
    const file = sandboxPath(path)
    return {
      argv: ['bash', '-c', script, 'bash', file, all ? 'all' : 'once'],
      stdin: `${old}\0${replacement}\0`,
      inSession: async (session) => {
        await session.do('edit', {
          path: file,
          oldText: old,
          newText: replacement,
          all,
          maxBytes: sessionBytes,
        })
        return ''
      },
    }
  },
}
