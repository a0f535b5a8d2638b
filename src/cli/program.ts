import { userInfo } from 'node:os';
import { Command, CommanderError } from 'commander';
import type { Ambient } from '../config.ts';
import { InvalidError } from '../domain/errors.ts';
import { version } from '../version.ts';
import { type GlobalOptions, makeCli } from './cli.ts';
import { commands } from './commands.ts';
import { StreamOutput } from './output.ts';
import { errorReport } from './report-error.ts';

/**
 * The command line: parses, runs the one command that was named, answers the exit code. 0 ok; 1 a check itself failed;
 * 2 bad usage or input; 3 not found; 4 conflict; 5 blocked; 6 corrupt data; 70 a fault of the program; 75 try again.
 */
export async function runProgram(argv: readonly string[]): Promise<number> {
  endQuietlyWhenReaderLeaves();
  const flags = new Set(argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv);
  const output = new StreamOutput(process.stdout, process.stderr, {
    json: flags.has('--json'),
    quiet: flags.has('--quiet'),
  });
  let exitCode = 0;
  try {
    const program = makeProgram(output, (code) => {
      exitCode = code;
    });
    await program.parseAsync(asHelpRequest(argv), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const report = errorReport(error instanceof CommanderError ? usageError(error) : error);
    output.error(report);
    return report.exitCode;
  }
}

function makeProgram(output: StreamOutput, finish: (exitCode: number) => void): Command {
  const cli = makeCli(output, ambientOf, finish);
  const program = new Command('tenure')
    .description('Backups by plan, proven restores, expiry, notice, erasure, and a certificate that anyone can verify.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .option('--home <dir>', 'the home (default: TENURE_HOME)')
    .option('--json', 'print one JSON document on stdout, everything else on stderr')
    .option('--quiet', 'no progress, no remarks; a command that went well says nothing')
    .option('--now <instant>', 'move the clock on; only in a home made with init --now')
    .option('--as <name>', 'act as this operator (default: TENURE_ACTOR, else your user name)')
    .option('--passphrase-file <file>', 'where the master key comes from a passphrase (or TENURE_PASSPHRASE)')
    .configureHelp({ showGlobalOptions: true })
    // Errors are told in one way, whoever finds them.
    .configureOutput({ outputError: () => undefined })
    .exitOverride()
    .hook('preSubcommand', async (_program, command) => {
      const entry = commands.find(({ name }) => name === command.name());
      if (entry !== undefined) (await entry.load()).define(command, cli);
    });
  for (const { name, summary, group } of commands) program.command(name).description(summary).helpGroup(`${group}:`);
  return program;
}

async function ambientOf(options: GlobalOptions): Promise<Ambient> {
  const { ambient } = await import('../config.ts');
  return ambient(options, process.env, osUser);
}

/** A user without an entry in the user database (containers have them) is known by number. */
function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 0}`;
  }
}

/** `tenure help run backup` is `tenure run backup --help`. */
function asHelpRequest(argv: readonly string[]): string[] {
  return argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
}

function usageError(error: CommanderError): InvalidError {
  const message = error.code === 'commander.help' ? 'a command is missing' : error.message.replace(/^error: /, '');
  return new InvalidError(message, {
    hint: '`tenure --help` lists the commands, `tenure COMMAND --help` their options.',
    cause: error,
  });
}

/** `tenure ls … | head` closes our stdout: that is no fault. */
function endQuietlyWhenReaderLeaves(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
