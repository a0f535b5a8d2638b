import { describeManagedBackup } from '../contracts/managed-backup.ts';
import { memoryManagedBackup } from '../memory/managed-backup.ts';

describeManagedBackup('memory', async () => ({
  managed: memoryManagedBackup(),
  resource: 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders',
}));
