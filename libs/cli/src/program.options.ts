import { Command } from 'commander'
import type { OutputStreams } from './terminal/output.js'

/** The command line with its options, and no commands yet. Usage errors are thrown as CommanderError. */
export function programWithoutCommands(streams: OutputStreams): Command {
  return new Command('guildhall')
    .description('Hand real work to AI agents on your own machines and stay in control of it.')
    .option('--json', 'one JSON document on stdout, nothing else')
    .option('--root <dir>', 'the checkout to work with; default: GUILDHALL_ROOT, else found from here')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      // Told once, by the place that maps errors to exit codes.
      outputError: () => {},
    })
    .showSuggestionAfterError()
    .exitOverride()
    .addHelpText('after', '\nExit codes: 0 done, 1 failed, 2 wrong use, 3 not reachable.')
}
