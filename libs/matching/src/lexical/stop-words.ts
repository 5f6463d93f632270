const words = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '')

/** Words that say nothing about a topic; they are neither indexed nor counted in a task. */
export const STOP_WORDS: ReadonlySet<string> = new Set(
  words(`
  a about above after again against ain all also am an and any anything anyone are aren around as at away back be because been
  before being below between both but by can cannot cant could couldn did didn do does doesn doing don done dont down
  during each either else etc even ever every everything few for from further get gets getting give given gives go goes going
  gonna got had hadn has hasn have haven having he hello help her here hers herself hey hi him himself his how however i
  id if im in into is isn it its itself ive just kind know let lets like ll may maybe me might mine more most
  much must mustn my myself need needed needs never no nor not now of off often oh ok okay on once one only onto or other our
  ours ourselves out over own per please possible quite rather re really s same see shall shan she should
  shouldn so some somebody someone something still such sure t tell than thank thanks that the their theirs them themselves
  then there these they thing things this those though through to too towards trying under until up upon us use used
  using ve very via want wanna wants was wasn way we were weren what whats whatever when where whether which while who whom
  whose why will with within without won would wouldn yes yet you your yours yourself yourselves
`),
)

/**
 * Words that nearly every task or skill could contain whatever it is about. They count, but little: a small registry cannot
 * learn from its own few texts that they are common.
 */
export const GENERIC_WORDS: ReadonlySet<string> = new Set(
  words(`
  agent analyse analyze answer apply ask assistant available based best big bit build call change check choose come complete
  consider contain create current day default detail different easy ensure example exist explain fast file
  find first follow following full general generate good great handle high idea identify implement important include information
  input item keep large last learn list long look main make many mention name new next number old option order output part people
  perform place point problem process project prompt properly provide put question quick read ready recommend relevant request require
  result return right run save say second set several short show simple single skill small specific start step suggest
  support system take task text three time today tool top try turn two type understand update user value various view want week well
  work world write year
`),
)
