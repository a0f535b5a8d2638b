/**
 * Names one key. The tree: master key (outside) → `tenant` → everything else of that tenant, each wrapped by the tenant key.
 * - `tenant/<tenant>`: the tenant's own key; destroying it destroys all below.
 * - `source/<tenant>/<source>`: secret seed of chunk and part boundaries.
 * - `root/<tenant>/<source>/<keyId>`: root key of one snapshot.
 * - `work/<tenant>/<source>/<keyId>`: seals intermediate results of a running backup; destroyed at its end.
 * - `evidence/<tenant>`: seals particulars of the ledger and notices; wrapped by the master key, since it outlives the tenant's data.
 * - `home/<name>`: a key of the home itself, wrapped by the master key.
 * Segments are `[A-Za-z0-9._-]+`.
 */
export type KeyRef = string;

/** What one replica said about a destruction. */
export interface ReplicaReceipt {
  replica: string;
  /** The replica holds no such key any more (also when it never did). */
  acknowledged: boolean;
  /** Why not, where it is not acknowledged. */
  reason?: string;
}

/** A public key as in RFC 7517, P-256, with `kid` (RFC 7638 thumbprint), `alg: ES256`, `use: sig`. */
export interface PublicJwk {
  kty: 'EC';
  crv: 'P-256';
  x: string;
  y: string;
  kid: string;
  alg: 'ES256';
  use: 'sig';
}

/**
 * Keys in two replicas, without history on purpose: a replica forgets, a backup would not.
 *
 * - `make` draws 32 random bytes, wraps them and returns when every replica holds them durably. An existing ref: ConflictError.
 * - `open` throws NotFoundError when no replica holds the key or a replica has recorded its destruction, CorruptError when
 *   the wrapping does not open (wrong master key, altered file). A replica that lost the file is mended from the other.
 * - `destroy` may be repeated; it is done when every replica acknowledges. A destroyed ref can never be made again
 *   (ids of tenants, snapshots and runs do not return), except that of a source, whose name may come back.
 * - `list` answers the refs that at least one replica holds, in byte order.
 * - `rotate` gives the tenant a new tenant key and re-wraps every key below it; keys themselves stay the same.
 */
export interface KeyStore {
  /** Names of the replicas, for `doctor`. */
  replicas(): Promise<{ name: string; keys: number; writable: boolean }[]>;
  make(ref: KeyRef): Promise<Buffer>;
  open(ref: KeyRef): Promise<Buffer>;
  destroy(refs: readonly KeyRef[]): Promise<Map<KeyRef, ReplicaReceipt[]>>;
  list(prefix: string): Promise<KeyRef[]>;
  rotate(tenant: string): Promise<void>;
  /**
   * Ways in which a destroyed key could come back, as whole sentences: a recovery, backup, export or unknown replica of what
   * holds the keys. What could not be looked at counts. Empty: none is known.
   */
  recoveries(): Promise<string[]>;
  /** ES256 (RFC 7518 §3.4): SHA-256 over `data`, P-256, returns r‖s (64 bytes) and the `kid` used. */
  sign(data: Buffer): Promise<{ kid: string; signature: Buffer }>;
  /** All keys that ever signed, the current one first. */
  publicKeys(): Promise<PublicJwk[]>;
}
