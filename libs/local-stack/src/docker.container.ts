import type { DockerEngine } from './docker.engine.js'

export interface Container {
  readonly image: string
  /** The one folder of this machine that it sees, writable. */
  readonly folder: { readonly source: string; readonly target: string }
  /** Run in place of the image's entrypoint, which would change to a user of its own and give it the folder. */
  readonly program: string
  readonly args: readonly string[]
  /** Reached through 127.0.0.1 only. Default: nothing is. */
  readonly publish?: { readonly port: number; readonly containerPort: number }
}

/** What `docker run` is told: a container that owns nothing but its folder, and is removed when it ends. */
export function containerArguments(
  engine: Pick<DockerEngine, 'label' | 'owner' | 'containerName'>,
  name: string,
  { image, folder, program, args, publish }: Container,
): string[] {
  return [
    '--rm',
    '--init',
    '--pull=never',
    `--name=${engine.containerName(name)}`,
    `--label=${engine.label}`,
    // What it writes belongs to the person who started it, and what is private to that person it can read.
    `--user=${engine.owner}`,
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges',
    // Where SELinux is in force, no folder of the person's is labelled for containers.
    '--security-opt=label=disable',
    '--read-only',
    '--tmpfs=/tmp',
    // Its output comes to us; the engine need not keep it a second time.
    '--log-driver=none',
    `--mount=${['type=bind', `source=${folder.source}`, `target=${folder.target}`].map(csvField).join(',')}`,
    ...(publish === undefined
      ? ['--network=none']
      : [`--publish=127.0.0.1:${publish.port}:${publish.containerPort}`]),
    `--entrypoint=${program}`,
    image,
    ...args,
  ]
}

// --mount is a line of CSV: a comma in a path would begin the next option.
function csvField(field: string): string {
  return /[",]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field
}
