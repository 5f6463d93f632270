/**
 * What was offered, in the order that numbers (from 1) name; what they leave out follows as it stood.
 * @throws RangeError for a number that was not offered, or one twice: whoever answers so did not understand the question.
 */
export function permutationOf<T>(offered: readonly T[], order: readonly number[]): T[] {
  const named = order.map((number) => {
    if (!Number.isInteger(number) || number < 1 || number > offered.length) {
      throw new RangeError('the endpoint named a skill that it was not offered')
    }
    return number - 1
  })
  const places = new Set(named)
  if (places.size < named.length) throw new RangeError('the endpoint named a skill twice')
  const rest = offered.flatMap((_, place) => (places.has(place) ? [] : [place]))
  return [...named, ...rest].flatMap((place) => offered.slice(place, place + 1))
}
