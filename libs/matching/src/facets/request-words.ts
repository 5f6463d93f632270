const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter((word) => word !== ''))

/** Verbs that say how to hand over a result rather than what to do. */
export const REFINING_VERBS = words(`
  add begin compare count describe display end exclude explain filter format give group highlight ignore include keep leave limit list
  mark mention name note order output present print produce put rank report return round save say show skip sort
  start state store summarise summarize tell use write
`)

/** Other verbs that begin a request without an article after them. */
export const ACTING_VERBS = words(`
  analyse analyze archive book build calculate check clean compute convert copy create debug delete deploy detect download draft email
  estimate extract fetch find get look fix generate identify implement inspect install investigate make measure merge migrate
  monitor move notify optimise optimize order parse publish read refactor remove rename replace reserve review run scan schedule
  search send set split suggest summarise summarize test translate update upgrade upload validate verify visualise visualize
`)

export const INTERROGATIVES = words(`what which who whom whose where why how`)

/** They begin a question only at the start of a sentence. */
export const QUESTION_WORDS = words(`
  what which who whom whose when where why how is are was were does do did can could should would will has have
`)

/** After a first word they tell that this word is a verb: "reserve a hotel", "delete them". */
export const OBJECT_STARTS = words(`
  a an the this that these those all any every each my our your their its his her me us it them some both another
`)

/** They point back at what the task has named already: "how should we approach this?" */
export const BACK_REFERENCES = words(`it them this that these those they one ones result results`)

/** Verbs that are as often nouns: after "and" they need an object, as in "licences and install sizes". */
export const ALSO_NOUNS = words(`
  archive book build check copy count debug display download draft email end estimate filter format group install limit look mark
  measure name note order output rank report return review scan schedule search start state store test update upgrade upload use
`)

/** Names of results: "write a report" asks for no skill of its own. */
export const RESULT_WORDS = words(`
  answer artifact chart document entries entry file files folder format headline items json list markdown
  md name names number numbers output overview page paragraph report result results sentence sentences summary table tables text
  total totals top top10 ten five three twenty hundred first last short long brief clear largest smallest biggest sorted words word
`)
