import { describeTable } from '../contracts/table.ts';
import { memoryTable } from '../memory-ports.ts';

describeTable('memory table', async () => memoryTable());
