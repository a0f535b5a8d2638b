import type { Caller } from './caller.ts';

/** A command, or an option of one. */
const commandLine = /`tenure |(?:^|[\s`])--[a-z]/;

/**
 * What a hint says to this caller. Hints are written where the fault is, and name commands; those are of use to operators, who have
 * the command line. Others get the sentences without any: of "what to do: `the command`" what is to be done.
 *
 * @returns `undefined` where nothing is left to say
 */
export function hintFor(caller: Pick<Caller, 'scopes'> | undefined, hint: string | undefined): string | undefined {
  if (hint === undefined || caller?.scopes.has('operator') === true) return hint;
  const told = hint.split(/(?<=[.!?])\s+/).flatMap((sentence) => {
    if (!commandLine.test(sentence)) return [sentence];
    const [what = '', how] = sentence.split(': ');
    return how === undefined || commandLine.test(what) ? [] : [`${what}.`];
  });
  return told.length === 0 ? undefined : told.join(' ');
}
