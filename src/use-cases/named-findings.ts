/** One object that is not what it should be. */
export interface Finding {
  key: string;
  reason: string;
}

/** As many findings as a report shows, and as much text of them as two such lists have room for in a row of 256 KiB. */
const mostNamed = 100;
const mostText = 64 * 1024;

/** The findings that an item names; all are counted elsewhere. */
export function namedFindings(found: readonly Finding[]): Finding[] {
  const named: Finding[] = [];
  let text = 0;
  for (const finding of found.slice(0, mostNamed)) {
    text += Buffer.byteLength(finding.key) + Buffer.byteLength(finding.reason);
    if (text > mostText) break;
    named.push({ key: finding.key, reason: finding.reason });
  }
  return named;
}
