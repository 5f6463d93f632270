import { expect, it } from 'vitest'
import { fitLogistic, predict, type Sample } from './logistic.js'

it('finds the coefficients that made the samples', () => {
  const truth = [-1, 2, -0.5]
  const samples: Sample[] = []
  for (let x = -3; x <= 3; x += 0.5) {
    for (let y = -3; y <= 3; y += 0.5) {
      const p = predict(truth, [x, y])
      samples.push({ features: [x, y], right: true, weight: p })
      samples.push({ features: [x, y], right: false, weight: 1 - p })
    }
  }
  fitLogistic(samples).forEach((value, at) => expect(value / truth[at]!).toBeCloseTo(1, 0.7))
})

it('does not run away from samples that one feature separates', () => {
  const samples = [-2, -1, 1, 2].map((x) => ({ features: [x], right: x > 0, weight: 1 }))
  const [intercept, slope] = fitLogistic(samples)
  expect(Math.abs(intercept!)).toBeLessThan(1)
  expect(slope).toBeGreaterThan(1)
  expect(slope).toBeLessThan(100)
})
