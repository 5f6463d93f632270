export interface Sample {
  features: readonly number[]
  right: boolean
  weight: number
}

const rounds = 40
const ridge = 1e-3

/**
 * Coefficients of a weighted logistic regression, the intercept first; by Newton's method on standardised features with a small ridge.
 */
export function fitLogistic(samples: readonly Sample[]): number[] {
  const total = samples.reduce((sum, { weight }) => sum + weight, 0)
  const width = samples[0]?.features.length ?? 0
  const mean = (valueOf: (sample: Sample) => number) =>
    samples.reduce((sum, sample) => sum + sample.weight * valueOf(sample), 0) / total
  const columns = Array.from({ length: width }, (_, column) => column)
  const means = columns.map((column) => mean(({ features }) => features[column]!))
  const spreads = columns.map((column) =>
    Math.sqrt(mean(({ features }) => (features[column]! - means[column]!) ** 2) + 1e-12),
  )
  const rows = samples.map(({ features, right, weight }) => ({
    x: [1, ...columns.map((column) => (features[column]! - means[column]!) / spreads[column]!)],
    y: Number(right),
    weight: weight / total,
  }))

  let beta = Array.from({ length: width + 1 }, () => 0)
  for (let round = 0; round < rounds; round += 1) {
    const gradient = beta.map((value, at) => (at === 0 ? 0 : ridge * value))
    const hessian = beta.map((_, i) => beta.map((__, j) => (i === j ? (i === 0 ? 1e-9 : ridge) : 0)))
    for (const { x, y, weight } of rows) {
      const p = probability(beta, x)
      for (let i = 0; i < x.length; i += 1) {
        gradient[i]! += weight * (p - y) * x[i]!
        for (let j = 0; j < x.length; j += 1) hessian[i]![j]! += weight * p * (1 - p) * x[i]! * x[j]!
      }
    }
    const step = solve(hessian, gradient)
    beta = beta.map((value, at) => value - step[at]!)
  }
  const slopes = columns.map((column) => beta[column + 1]! / spreads[column]!)
  return [slopes.reduce((sum, slope, column) => sum - slope * means[column]!, beta[0]!), ...slopes]
}

/** @param coefficients the intercept first */
export function predict(coefficients: readonly number[], features: readonly number[]): number {
  return probability(coefficients, [1, ...features])
}

function probability(beta: readonly number[], x: readonly number[]): number {
  return 1 / (1 + Math.exp(-x.reduce((sum, value, at) => sum + value * beta[at]!, 0)))
}

/** Gaussian elimination; the matrix is positive definite. */
function solve(matrix: readonly (readonly number[])[], vector: readonly number[]): number[] {
  const rows = matrix.map((row, at) => [...row, vector[at]!])
  for (let pivot = 0; pivot < rows.length; pivot += 1) {
    const top = rows[pivot]!
    for (let below = 0; below < rows.length; below += 1) {
      if (below === pivot) continue
      const factor = rows[below]![pivot]! / top[pivot]!
      rows[below] = rows[below]!.map((value, column) => value - factor * top[column]!)
    }
  }
  return rows.map((row, at) => row.at(-1)! / row[at]!)
}
