import type { Command } from 'commander';
import type { Ambient } from '../config.ts';
import type { Deps } from '../deps.ts';
import type { Actor } from '../domain/case-events.ts';
import type { Home } from '../home.ts';
import type { Output } from './output.ts';

/**
 * How a command is added: one file in `src/cli/` that exports `define`, and one line in `commands.ts`.
 *
 * ```ts
 * // src/cli/hold.ts
 * export const define: CommandModule['define'] = (hold, cli) => {
 *   hold
 *     .command('list')
 *     .description('all holds that are in force')
 *     .option('--tenant <id>', 'of this tenant alone')
 *     .action(
 *       cli.view(async ({ deps }, options: { tenant?: string }) => {
 *         const found = await listHolds.typed(deps, options);
 *         return { json: found, text: columns(['HOLD', 'REASON'], found.map((hold) => [hold.id, hold.reason])) };
 *       }),
 *     );
 * };
 * ```
 *
 * `define` gets commander's command of that name (with its summary) and adds arguments, options, subcommands and actions to
 * it; a command without subcommands sets its own `.action`. An action is made by one of three wrappers, whose function gets
 * what it needs first, then the arguments and the options as commander passes them:
 *
 * - `cli.view`: looks at a home. Never moves the clock of a simulated one; prints its text also with `--quiet`.
 * - `cli.act`: changes a home. `--quiet` leaves its text out where nothing went wrong.
 * - `cli.bare`: needs no home (`init`, `certificate verify`).
 *
 * An action answers data for `--json`, text for people, and an exit code where the check itself failed (1) or the outcome
 * says so; faults are thrown as the errors of `domain/errors.ts`, which carry their own exit codes. It prints nothing itself:
 * progress goes through `deps.progress`, remarks through `output.note`. What is heavy is imported inside the action.
 */
export interface CommandModule {
  define: (command: Command, cli: Cli) => void;
}

/** What a command answers. */
export interface Answer {
  /** The one document of `--json`. */
  json: unknown;
  /** For people; without a newline at its end. Made only when it is printed. */
  text: string | (() => string);
  /** Default 0. */
  exitCode?: number;
}

/** What an action in a home gets. */
export interface Session {
  home: Home;
  deps: Deps;
  /** Acting operator: `--as`, TENURE_ACTOR, else the user of the operating system. */
  actor: Actor;
  output: Output;
}

/** What an action without a home gets. */
export interface Bare {
  /** Names home, actor and passphrase, where they are needed after all; throws when no home is named. */
  ambient: () => Promise<Ambient>;
  global: GlobalOptions;
  output: Output;
}

/** Options that every command takes, before or after its name. */
export interface GlobalOptions {
  home?: string;
  json?: boolean;
  quiet?: boolean;
  now?: string;
  as?: string;
  passphraseFile?: string;
}

type Action = (...args: unknown[]) => Promise<void>;

/** The wrappers of actions. */
export interface Cli {
  view<Args extends unknown[]>(run: (session: Session, ...args: Args) => Promise<Answer>): Action;
  act<Args extends unknown[]>(run: (session: Session, ...args: Args) => Promise<Answer>): Action;
  bare<Args extends unknown[]>(run: (bare: Bare, ...args: Args) => Promise<Answer>): Action;
}

/** Makes the wrappers. `finish` takes the exit code of the command that ran. */
export function makeCli(
  output: Output,
  ambientOf: (options: GlobalOptions) => Promise<Ambient>,
  finish: (exitCode: number) => void,
): Cli {
  // Commander passes arguments, options, and last the command itself.
  const split = <Args extends unknown[]>(all: unknown[]): { args: Args; global: GlobalOptions } => ({
    args: all.slice(0, -1) as Args,
    global: (all.at(-1) as Command).optsWithGlobals<GlobalOptions>(),
  });
  const answered = (answer: Answer, always: boolean): void => {
    output.answer(answer, always);
    finish(answer.exitCode ?? 0);
  };
  const inHome =
    <Args extends unknown[]>(mode: 'act' | 'view', run: (session: Session, ...args: Args) => Promise<Answer>): Action =>
    async (...all) => {
      const { args, global } = split<Args>(all);
      const { home: dir, actor, passphrase } = await ambientOf(global);
      const { openHome } = await import('../open-home.ts');
      const home = await openHome({
        home: dir,
        actor,
        passphrase,
        mode,
        ...(global.now === undefined ? {} : { now: global.now }),
        progress: output.progress,
      });
      try {
        answered(
          await run({ home, deps: home.deps, actor: { kind: 'operator', id: actor }, output }, ...args),
          mode === 'view',
        );
      } finally {
        await home.close();
      }
    };
  return {
    view: (run) => inHome('view', run),
    act: (run) => inHome('act', run),
    bare:
      <Args extends unknown[]>(run: (bare: Bare, ...args: Args) => Promise<Answer>): Action =>
      async (...all) => {
        const { args, global } = split<Args>(all);
        answered(await run({ ambient: async () => await ambientOf(global), global, output }, ...args), true);
      },
  };
}
