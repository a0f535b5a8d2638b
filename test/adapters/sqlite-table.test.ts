import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sqliteTable } from '../../src/adapters/embedded/sqlite-table.ts';
import { describeTable } from '../contracts/table.ts';

describeTable('sqlite table', async () => sqliteTable(join(await mkdtemp(join(tmpdir(), 'tenure-table-')), 'catalog')));
