import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createKeyring } from '../../src/adapters/embedded/keyring-key-store.ts';
import { describeKeyStore } from '../contracts/key-store.ts';

describeKeyStore('keyring', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tenure-keyring-'));
  return createKeyring({ replicas: [join(home, 'a'), join(home, 'b')], master: { keyFile: join(home, 'master.key') } });
});
