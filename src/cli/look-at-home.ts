import type { Home } from '../home.ts';
import type { Bare } from './cli.ts';

/** Opens the home that is named, looks at it, and closes it: for commands that need a home only sometimes. */
export async function lookAtHome<T>({ ambient, global }: Bare, look: (home: Home) => Promise<T>): Promise<T> {
  const { home: dir, actor, passphrase } = await ambient();
  const { openHome } = await import('../open-home.ts');
  const now = global.now === undefined ? {} : { now: global.now };
  const home = await openHome({ home: dir, actor, passphrase, mode: 'view', ...now });
  try {
    return await look(home);
  } finally {
    await home.close();
  }
}
