import { describeKeyStore } from '../contracts/key-store.ts';
import { memoryKeyStore } from '../memory-ports.ts';

describeKeyStore('memory key store', async () => memoryKeyStore());
