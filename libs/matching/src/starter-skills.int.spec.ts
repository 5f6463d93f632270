import { readFile, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createMatcher,
  createSentenceEmbedder,
  type Embedder,
  type Matcher,
  type SkillProfile,
} from './index.js'

const skillsFolder = new URL('../../../skills/', import.meta.url)

/** Reads the one-line entries that these skills have; whole YAML is the registry's business. */
const readSkill = async (name: string): Promise<SkillProfile> => {
  const [, head = '', body = ''] = (await readFile(new URL(`${name}/SKILL.md`, skillsFolder), 'utf8')).split(
    /^---$/m,
  )
  const sidecar = await readFile(new URL(`${name}/guildhall.yaml`, skillsFolder), 'utf8')
  return {
    id: name,
    name,
    description: /^description: (.*)$/m.exec(head)?.[1] ?? '',
    tags: /^tags: \[(.*)\]$/m.exec(sidecar)?.[1]?.split(', ') ?? [],
    examples: [...(sidecar.split('parameters:')[0] ?? '').matchAll(/^ {2}- (.*)$/gm)].map(
      (match) => match[1] ?? '',
    ),
    body,
  }
}

const agents = [
  {
    id: 'auditor',
    name: 'Package auditor',
    description: 'Looks after dependencies and the space they take.',
    skillIds: ['package-licences', 'disk-usage', 'source-statistics'],
  },
  {
    id: 'reader',
    name: 'Log reader',
    description: 'Reads logs and tables.',
    skillIds: ['log-errors', 'csv-summary'],
  },
]

describe.each([
  ['lexical', (): Embedder | undefined => undefined],
  ['embedded', createSentenceEmbedder],
] as const)('tasks for the starter skills, %s', (source, embedder) => {
  let matcher: Matcher
  beforeAll(async () => {
    const entries = await readdir(fileURLToPath(skillsFolder), { withFileTypes: true })
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const skills = await Promise.all(names.sort().map(readSkill))
    matcher = createMatcher({ skills, agents, embedder: embedder() })
    await matcher.ready()
  })

  it('says who answered', async () => {
    expect((await matcher.analyse('Find the duplicate files')).source).toBe(source)
  })
  it('gives the licence report to the agent that can write it', async () => {
    const result = await matcher.match(
      'Report the licences and install sizes of the installed npm packages in this folder',
    )
    expect(result.outcome).toBe('agent')
    expect(result.agent?.agentId).toBe('auditor')
    expect(result.matchScore).toBeGreaterThan(0.9)
    expect(result.margin).toBeGreaterThan(0.5)
    expect(result.requirements).toMatchObject({
      missingSkills: [],
      requiredSkills: [{ skillId: 'package-licences' }],
    })
  })
  it.each([
    ['Find the duplicate files in this folder', 'duplicate-files'],
    ['Create a SHA256SUMS manifest of the files in this folder', 'checksum-manifest'],
  ])('knows the skill of "%s" but no agent that holds it', async (task, skillId) => {
    const result = await matcher.match(task)
    expect(result.outcome).toBe('no-agent')
    expect(result.requirements).toMatchObject({ missingSkills: [], requiredSkills: [{ skillId }] })
    expect(result.requirements.requiredSkills[0]?.score).toBeGreaterThan(0.9)
    expect(result.matchScore).toBeLessThan(0.1)
  })
  it.each([
    'Book a flight to Lisbon and reserve a hotel near the river',
    'Translate this letter into German and email it to my boss',
    'What is the weather in Paris tomorrow?',
    'Deploy the service to Kubernetes',
    'Write a poem about the sea',
    'Order a pizza',
  ])('finds nothing for "%s"', async (task) => {
    const result = await matcher.match(task)
    expect(result.outcome).toBe('no-skill')
    expect(result.matchScore).toBeLessThan(0.3)
    expect(result.requirements.missingSkills.length).toBeGreaterThan(0)
  })
  it.each([
    [
      'Report the licences and install sizes of the installed npm packages in this folder. List the ten largest. Write a short summary.',
      ['package-licences'],
    ],
    [
      'Our release is on Friday. I need to know which licences the npm packages use and how large they are. ' +
        'Please list packages without a licence separately. Save the report as markdown.',
      ['package-licences'],
    ],
    [
      'Find duplicate files below this directory and tell me how much space I would gain by deleting the copies.',
      ['duplicate-files'],
    ],
    [
      'Analyse the application logs. When did the failures start and which hour was the worst? Write a report with a table for my boss.',
      ['log-errors'],
    ],
    [
      'Which errors occur most in the logs? Also summarise the columns of metrics.csv.',
      ['log-errors', 'csv-summary'],
    ],
    [
      'Find the duplicate files, then create a checksum manifest of everything that is left.',
      ['duplicate-files', 'checksum-manifest'],
    ],
  ])('takes from "%s" the skills it needs and misses none', async (task, skillIds) => {
    const { requiredSkills, missingSkills } = await matcher.analyse(task)
    expect(requiredSkills.map(({ skillId }) => skillId)).toEqual(skillIds)
    expect(missingSkills).toEqual([])
  })
  it.each([
    ['Find duplicate files in this folder and book a flight to Lisbon.', 'book a flight to Lisbon.'],
    [
      'Summarise this CSV file and plot a chart of the sales per month',
      'plot a chart of the sales per month',
    ],
  ])('names what "%s" asks for beyond the skills', async (task, missing) => {
    const result = await matcher.match(task)
    expect(result.requirements.missingSkills).toEqual([missing])
    expect(result.outcome).toBe('no-agent')
  })
})
