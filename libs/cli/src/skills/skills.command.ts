import { writeFile } from 'node:fs/promises'
import {
  SkillExport,
  SkillExported,
  SkillFound,
  SkillGet,
  SkillList,
  SkillListed,
  type SkillView,
} from '@guildhall/contracts'
import type { Command } from 'commander'
import type { CommandRunner, CommandSession } from '../command.session.js'
import { exitCodes } from '../exit.codes.js'
import { Progress } from '../terminal/progress.js'
import { printable } from '../terminal/text.js'
import { countResults, renderImport } from './import.rendering.js'
import { writeSkillFolder } from './skill.export.js'
import { importSkills } from './skill.import.js'
import { renderSkill, renderSkills } from './skill.rendering.js'
import { addSkillVersionCommands, parseVersion } from './skill-versions.command.js'

export function addSkillCommands(program: Command, runner: CommandRunner): void {
  const skills = program.command('skills').description('what agents can be good at')

  skills
    .command('list')
    .description('every skill in the version that is handed out')
    .option('--all', 'retired ones too')
    .action(
      runner.action(async (session, options: { all?: boolean }) => {
        const listed = { skills: await allSkills(session, options.all === true), omitted: 0 }
        session.output.result(listed, (paint) => renderSkills(listed.skills, paint))
      }),
    )

  skills
    .command('show <name>')
    .description('one skill with its instructions, steps and the names of its files')
    .option('--version <number>', 'default: the one that is handed out', parseVersion)
    .action(
      runner.action(async (session, { version }: { version?: number }, name: string) => {
        const found = await session.ask(SkillGet, { name, ...(version && { version }) }, SkillFound)
        session.output.result(found, (paint) => renderSkill(found.skill, paint))
      }),
    )

  addSkillVersionCommands(skills, runner)

  skills
    .command('import <dirs...>')
    .description('register the skill in a folder, or all skills below it; the same again changes nothing')
    .option('--report <file>', 'also write what became of each folder there, as JSON')
    .action(
      runner.action(async (session, options: { report?: string }, dirs: string[]) => {
        const progress = new Progress(session.output)
        progress.start('Importing skills')
        const imported = await importSkills(session, dirs, (done, total) =>
          progress.update(`Importing skills: ${done} of ${total}`),
        ).catch((error: unknown) => {
          progress.fail()
          throw error
        })
        const report = { counts: countResults(imported), imported }
        progress.done()
        if (options.report !== undefined)
          await writeFile(options.report, `${JSON.stringify(report, undefined, 2)}\n`)
        session.output.result(report, (paint) => renderImport(imported, paint))
        return report.counts.refused > 0 ? exitCodes.failed : exitCodes.done
      }),
    )

  skills
    .command('export <name>')
    .description('write a skill’s folder as it was imported, to the byte')
    .option('--version <number>', 'default: the one that is handed out', parseVersion)
    .option('--to <dir>', 'where its folder is made', '.')
    .action(
      runner.action(async (session, options: { version?: number; to: string }, name: string) => {
        const { version: asked, to } = options
        const skill = await session.ask(
          SkillExport,
          { name, ...(asked && { version: asked }) },
          SkillExported,
        )
        const folder = await writeSkillFolder(skill, to)
        const { version, digest } = skill
        session.output.result(
          { name, version, digest, folder },
          () => `${printable(name)} v${version} is in ${printable(folder)}`,
        )
      }),
    )
}

async function allSkills(session: CommandSession, all: boolean): Promise<SkillView[]> {
  const skills: SkillView[] = []
  for (;;) {
    const after = skills.at(-1)?.name
    const request = { ...(all && { all }), ...(after !== undefined && { after }) }
    const page = await session.ask(SkillList, request, SkillListed)
    skills.push(...page.skills)
    if (page.omitted === 0 || page.skills.length === 0) return skills
  }
}
