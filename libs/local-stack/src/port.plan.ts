import { freePort } from './free.port.js'
import { readJsonFile, writePrivateFile } from './private.file.js'

/**
 * A port for each name: the one of the last run where it is still free, so that addresses survive a restart; kept in
 * the file.
 */
export async function planPorts<Name extends string>(
  file: string,
  names: readonly Name[],
): Promise<Record<Name, number>> {
  const kept = (readJsonFile(file) ?? {}) as Record<string, unknown>
  const ports = {} as Record<Name, number>
  for (const name of names) {
    const preferred = kept[name]
    do {
      ports[name] = await freePort(typeof preferred === 'number' && !(name in ports) ? preferred : undefined)
    } while (names.some((other) => other !== name && ports[other] === ports[name]))
  }
  writePrivateFile(file, JSON.stringify({ ...kept, ...ports }))
  return ports
}
