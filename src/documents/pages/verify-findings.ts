/** Kinds of what can be wrong with a certificate, for readers who are no experts. */
export type VerdictFinding =
  | 'no-certificate'
  | 'no-signature'
  | 'unknown-key'
  | 'bad-signature'
  | 'readable-differs'
  | 'rewritten'
  | 'pdf-changed'
  | 'pdf-attachment'
  | 'other';

/** By the words of `verify-certificate.ts` and `jws.ts`, the first that fits; a test holds them together. */
const kinds: readonly [RegExp, VerdictFinding][] = [
  [/neither a JSON nor a PDF/, 'no-certificate'],
  [/has no signature:/, 'no-signature'],
  [/not among the known public keys/, 'unknown-key'],
  [/does not fit the content|signature is malformed|exact base64url form|header/, 'bad-signature'],
  [/readable copy differs/, 'readable-differs'],
  [/canonical form|not written exactly/, 'rewritten'],
  [/no seal at its end|changed after it was sealed|seal of the PDF/, 'pdf-changed'],
  [/no certificate attached|is sealed for/, 'pdf-attachment'],
];

/** What is wrong, each kind once, in the order in which it was found. */
export function findingsOf(problems: readonly string[]): VerdictFinding[] {
  return [...new Set(problems.map((problem) => kinds.find(([words]) => words.test(problem))?.[1] ?? 'other'))];
}
