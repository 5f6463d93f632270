/** The package is loaded with the first request: most services never make one. */
export async function openaiClient() {
  const [{ openClient }, { modelErrorFrom }] = await Promise.all([
    import('./model.client.js'),
    import('./endpoint.failure.js'),
  ])
  return { openClient, modelErrorFrom }
}
