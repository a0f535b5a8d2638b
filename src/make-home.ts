import { atHome, type ConfigFile } from './config.ts';
import { type EmbeddedHome, makeStores, openHome } from './embedded.ts';
import { clearHomeFolder, makeHomeFolder, writeConfig, writePlan } from './home-files.ts';

/** What a new home is made of. */
export interface NewHome {
  home: string;
  config: ConfigFile;
  /** Plan texts by file name without extension. */
  plans: Record<string, string>;
  /** False where the replicas exist and are kept (`recover`). */
  keyring: boolean;
  actor: string;
  passphrase: () => string | undefined;
}

/** Folders of a new home as `tenure.yml` names them. */
export const ownStores = {
  repository: 'repository',
  evidence: 'evidence',
  keys: { replicas: ['keys/a', 'keys/b'], master: { keyFile: 'keys/master.key' } },
} satisfies Partial<ConfigFile>;

/**
 * Makes a home and opens it, or leaves nothing behind. `tenure.yml` is written last: until then the folder is no home.
 *
 * @throws ConflictError when there is a home already, or the folder holds anything else
 */
export async function makeHome({ home, config, plans, keyring, actor, passphrase }: NewHome): Promise<EmbeddedHome> {
  makeHomeFolder(home);
  try {
    for (const [name, text] of Object.entries(plans)) writePlan(home, name, text);
    await makeStores(home, atHome(home, config), { passphrase, keyring });
    writeConfig(home, config);
    return await openHome({ home, actor, passphrase, mode: 'act', rebuilding: !keyring });
  } catch (error) {
    clearHomeFolder(home);
    throw error;
  }
}
