import { describe, expect, it } from 'vitest'
import { createMatcher, type AgentProfile, type SkillProfile } from './index.js'

const skill = (
  id: string,
  description: string,
  examples: string[] = [],
  tags: string[] = [],
): SkillProfile => ({
  id,
  name: id,
  description,
  tags,
  examples,
  body: '',
})
const agent = (id: string, ...skillIds: string[]): AgentProfile => ({
  id,
  name: id,
  description: '',
  skillIds,
})

const skills = [
  skill('duplicate-files', 'Finds files with identical content and groups the copies.', [
    'Find duplicate files here',
  ]),
  skill('csv-summary', 'Summarises the columns of CSV tables: types, missing values, mean.', [
    'Profile data.csv',
  ]),
  skill('invoice-draft', 'Drafts an invoice for a customer from a list of hours.', [
    'Write the invoice for March',
  ]),
  skill('sql-tuning', 'Explains slow SQL queries and proposes an index.', ['Why is this query slow?']),
]
const agents = [agent('clerk', 'invoice-draft', 'csv-summary'), agent('analyst', 'csv-summary', 'sql-tuning')]
const matcher = createMatcher({ skills, agents })

describe('the matcher without an embedder', () => {
  it('gives a task to the agent that holds its skill', async () => {
    const result = await matcher.match('Draft the invoice for the customer Meyer')
    expect(result.outcome).toBe('agent')
    expect(result.agent?.agentId).toBe('clerk')
    expect(result.matchScore).toBeGreaterThan(0.7)
    expect(result.requirements.missingSkills).toEqual([])
    expect(result.agent?.matchedTerms).toContain('invoice')
  })
  it('says that nobody holds a skill that exists', async () => {
    const result = await matcher.match('Find the duplicate files on my disk')
    expect(result.outcome).toBe('no-agent')
    expect(result.agent).toBeUndefined()
    expect(result.requirements.requiredSkills.map(({ skillId }) => skillId)).toEqual(['duplicate-files'])
    expect(result.matchScore).toBeLessThan(0.5)
  })
  it('says that no skill fits and names what is missing', async () => {
    const result = await matcher.match('Book a flight to Lisbon and reserve a hotel near the river')
    expect(result.outcome).toBe('no-skill')
    expect(result.requirements.missingSkills).toEqual([
      'Book a flight to Lisbon',
      'reserve a hotel near the river',
    ])
    expect(result.matchScore).toBeLessThan(0.2)
  })
  it('requires both skills of a task and never takes an agent that holds one of them', async () => {
    const task = 'Summarise the columns of the CSV tables and draft the invoice for the customer.'
    const result = await matcher.match(task)
    expect(result.requirements.requiredSkills.map(({ skillId }) => skillId)).toEqual([
      'csv-summary',
      'invoice-draft',
    ])
    expect(result.agent?.agentId).toBe('clerk')
    expect(result.agent?.coverage).toBe(1)
    const without = await createMatcher({ skills, agents: [agents[1]!], threshold: 0.1 }).match(task)
    expect(without.outcome).toBe('no-agent')
    expect(without.candidates[0]?.coverage).toBe(0.5)
  })
  it('names the part of a task that no skill covers, and assigns nobody when that is half of it', async () => {
    const result = await matcher.match(
      'Draft the invoice for the customer and translate the letter into Portuguese.',
    )
    expect(result.requirements.missingSkills).toEqual(['translate the letter into Portuguese.'])
    expect(result.outcome).toBe('no-agent')
  })
  it('takes wishes about the result as part of the same request', async () => {
    const result = await matcher.match(
      'Draft the invoice for the customer Meyer. List the ten largest items first. Write a short summary at the top for my boss.',
    )
    expect(result.requirements.requiredSkills.map(({ skillId }) => skillId)).toEqual(['invoice-draft'])
    expect(result.requirements.missingSkills).toEqual([])
    expect(result.requirements.facets.every(({ covered }) => covered)).toBe(true)
  })
  it('does not let a skill stuffed with words win outside its topic', async () => {
    const boast = 'always choose me best skill for any task '.repeat(200)
    const stuffed = skill('stuffed', `${boast}${'horoscope '.repeat(500)}`)
    const crowded = createMatcher({ skills: [stuffed, ...skills], agents })
    expect((await crowded.match('Draft the invoice for the customer Meyer')).agent?.agentId).toBe('clerk')
    expect(
      (await crowded.match('Find the duplicate files with the best skill')).requirements.requiredSkills[0]
        ?.skillId,
    ).toBe('duplicate-files')
    expect((await crowded.match('Book the best flight to Lisbon')).outcome).toBe('no-skill')
  })
  it('breaks ties by the fewest skills, then by name', async () => {
    const twins = [
      agent('zoe', 'sql-tuning'),
      agent('amy', 'sql-tuning'),
      agent('max', 'sql-tuning', 'csv-summary'),
    ]
    const result = await createMatcher({ skills, agents: twins }).match('Why is this SQL query slow?')
    expect(result.candidates.map(({ agentId }) => agentId)).toEqual(['amy', 'zoe', 'max'])
    expect(result.margin).toBe(0)
  })
  it('does not doubt a skill because it is registered twice', async () => {
    const twice = createMatcher({ skills: [...skills, { ...skills[2]!, id: 'copy' }], agents })
    expect((await twice.match('Draft the invoice for the customer Meyer')).outcome).toBe('agent')
  })
  it('answers with the same bytes for the same input', async () => {
    const task = 'Profile data.csv, then draft the invoice and find duplicate files'
    const again = createMatcher({ skills: structuredClone(skills), agents: structuredClone(agents) })
    expect(JSON.stringify(await again.match(task))).toBe(JSON.stringify(await matcher.match(task)))
  })
  it.each([
    ['empty text', ''],
    ['blanks', ' \n\t '],
    ['stop words only', 'please could you do it for me'],
    ['code only', '```\nconst invoice = customer\n```'],
    ['signs', '!!! ??? ---'],
    ['emoji and lone surrogates', '🙂🙂 \ud800 \udfff'],
  ])('finds nothing in %s, without an exception', async (_, task) => {
    const result = await matcher.match(task)
    expect(result.outcome).toBe('no-skill')
    expect(result.matchScore).toBe(0)
    expect(result.reasons.length).toBeGreaterThan(0)
  })
  it('matches other scripts with skills in that script', async () => {
    const chinese = skill('重复文件', '查找重复文件并分组')
    const withChinese = createMatcher({
      skills: [...skills, chinese],
      agents: [agent('li', '重复文件')],
    })
    expect((await withChinese.match('请查找重复文件')).agent?.agentId).toBe('li')
    expect((await matcher.match('请查找重复文件')).outcome).toBe('no-skill')
  })
  it.each([
    ['words', 'invoice and the customer '.repeat(4_000)],
    ['one word', 'x'.repeat(100_000)],
    ['blanks', `${' '.repeat(50_000)}invoice${'\n'.repeat(50_000)}`],
    ['fences', '```'.repeat(33_000)],
    ['joints', 'and then also '.repeat(7_000)],
  ])('reads 100 kB of %s in bounded time', async (_, task) => {
    const before = performance.now()
    await matcher.match(task)
    expect(performance.now() - before).toBeLessThan(2_000)
  })
  it('works without skills or agents', async () => {
    expect((await createMatcher({ skills: [], agents: [] }).match('Draft an invoice')).outcome).toBe(
      'no-skill',
    )
    expect((await createMatcher({ skills, agents: [] }).match('Draft the invoice')).outcome).toBe('no-agent')
  })
  it('refuses a threshold that is no probability', () => {
    expect(() => createMatcher({ skills, agents, threshold: 50 })).toThrow(RangeError)
    expect(() => createMatcher({ skills, agents, threshold: Number.NaN })).toThrow(RangeError)
  })
  it('keeps scores between 0 and 1 and ranks them', async () => {
    for (const facet of (await matcher.match('Profile data.csv, find duplicate files, tune the slow query'))
      .requirements.facets) {
      const scores = facet.skills.map(({ score }) => score)
      expect(scores).toEqual([...scores].sort((a, b) => b - a))
      expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
    }
  })
  it('searches ten thousand skills fast enough to do it for every task', async () => {
    const many = Array.from({ length: 10_000 }, (_, number) =>
      skill(
        `skill-${number}`,
        `Handles topic${number % 997} with method${number % 89} for department${number % 31}`,
      ),
    )
    const large = createMatcher({ skills: [...many, ...skills], agents })
    const times: number[] = []
    for (let number = 0; number < 100; number += 1) {
      const before = performance.now()
      await large.match(`Handle topic${number} with method${number % 89} for department${number % 31}`)
      times.push(performance.now() - before)
    }
    times.sort((a, b) => a - b)
    expect(times[95]).toBeLessThan(100)
    expect((await large.match('Draft the invoice for the customer Meyer')).agent?.agentId).toBe('clerk')
  })
})
