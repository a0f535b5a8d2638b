import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fsObjectStore } from '../../src/adapters/embedded/fs-object-store.ts';
import { describeObjectStore } from '../contracts/object-store.ts';

describeObjectStore('fs object store', async () => fsObjectStore(await mkdtemp(join(tmpdir(), 'tenure-objects-'))));
