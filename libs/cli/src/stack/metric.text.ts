/**
 * The sum of a counter's values in a Prometheus text, over all label sets that hold the given labels; undefined when the
 * text has no such counter. Format: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function sumOfMetric(
  text: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  let sum: number | undefined
  for (const line of text.split('\n')) {
    const [, found, labelText = '', value] = /^([\w:]+)(?:\{(.*)\})?\s+(\S+)/.exec(line) ?? []
    if (found !== name) continue
    const given = new Map(
      [...labelText.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]),
    )
    if (Object.entries(labels).every(([key, wanted]) => given.get(key) === wanted))
      sum = (sum ?? 0) + Number(value)
  }
  return sum
}
