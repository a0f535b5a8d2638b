/** Gathers an option that may be repeated. */
export function repeated(value: string, before: string[] = []): string[] {
  return [...before, value];
}
