import { onTestFinished } from 'vitest';
import { type EmbeddedHome, openHome } from '../../src/embedded.ts';
import type { TestHome } from '../cli/tenure.ts';

/** Opens a home that the program has made, in this process, until the test ends. */
export async function openedHome(home: TestHome): Promise<EmbeddedHome> {
  const opened = await openHome({ home: home.dir, actor: 'tester', passphrase: () => undefined, mode: 'act' });
  onTestFinished(async () => await opened.close());
  return opened;
}
