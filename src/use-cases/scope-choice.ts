import type { Case } from '../domain/case.ts';

/** Which keys of a source a case is about. */
export function chosenBy(value: Case): (key: Buffer) => boolean {
  const paths = value.scope.paths?.map((path) => Buffer.from(path));
  if (paths === undefined) return () => true;
  return (key) =>
    paths.some((path) => path.equals(key) || (path.at(-1) === 0x2f && key.subarray(0, path.length).equals(path)));
}
