type Present<T> = { [K in keyof T]?: NonNullable<T[K]> }

/** Leaves out what is null or undefined. */
export function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value != null)) as Present<T>
}
