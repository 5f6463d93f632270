/** `request.refused`: the typed answer to whatever the router or a service would not do. */
export class RequestRefused {
  /** Stable, kebab-case; refusalCodes lists them. */
  code!: string
  /** What is wrong and what to do next. */
  message!: string
  /** Whether the same request may succeed later. */
  retryable!: boolean
  /** Type of the refused message. */
  requestType!: string
}
