/** One thing of a tenant that is protected. */
export interface Source {
  tenant: string;
  /** `[a-z0-9][a-z0-9-]{0,62}`, unique within the tenant. */
  name: string;
  kind: 'directory' | 's3' | 'aws-backup';
  /** Absolute path, `s3://bucket/prefix` or a resource ARN. */
  location: string;
  /** ARN of a role to take on for a bucket of another account. */
  role?: string;
  /** What that role asks of whoever takes it on, so that nobody else can make Tenure do it (confused deputy). */
  externalId?: string;
  /** Shell command before a backup; its failure fails the backup. */
  prepare?: string;
  /** Shell command after a backup, also after a failed one. */
  release?: string;
  /** `removed`: no longer backed up, copies still live; `erased`: nothing is left. */
  status: 'active' | 'removed' | 'erased';
  createdAt: string;
}
