import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import { BlockedError, CorruptError, type TenureError } from '../../domain/errors.ts';
import type { KeyRef } from '../../ports/key-store.ts';
import { awsFault, translated } from './aws-faults.ts';

/** The KMS key that wraps what stands at the top of the tree. */
export interface Master {
  /** @returns base64 */
  wrap(ref: KeyRef, key: Buffer): Promise<string>;
  /** A copy that the caller may overwrite. @throws CorruptError when it does not open, BlockedError */
  unwrap(ref: KeyRef, wrapped: string): Promise<Buffer>;
  /** Drops what this process still knows of a key. */
  forget(ref: KeyRef): void;
}

/** A warm process asks KMS for the same key again after this time: minutes, as docs/erasure.md says. */
const keptMs = 5 * 60_000;
/** More tenants than one process meets in that time. */
const mostKept = 500;

/**
 * Wraps by KMS `Encrypt`, bound to the ref by the encryption context (which also stands in CloudTrail). Only what KMS has
 * unwrapped is kept for some minutes, by its ciphertext: whether a key still exists is read from the replicas each time, so
 * a destroyed key opens in no process any more, warm or not.
 */
export function kmsMaster(kms: KMSClient, keyId: string, now: () => number = () => Date.now()): Master {
  const kept = new Map<string, { ref: KeyRef; key: Promise<Buffer>; until: number }>();
  const contextOf = (ref: KeyRef) => ({ tenure: 'key', ref });
  const drop = (wrapped: string): void => {
    const key = kept.get(wrapped)?.key;
    kept.delete(wrapped);
    key?.then(
      (bytes) => bytes.fill(0),
      () => undefined,
    );
  };
  const tidy = (): void => {
    for (const [wrapped, { until }] of kept) if (until <= now() || kept.size > mostKept) drop(wrapped);
  };
  const decrypt = async (ref: KeyRef, wrapped: string): Promise<Buffer> => {
    const command = new DecryptCommand({
      KeyId: keyId,
      CiphertextBlob: Buffer.from(wrapped, 'base64'),
      EncryptionContext: contextOf(ref),
    });
    try {
      const { Plaintext } = await kms.send(command);
      return Buffer.from(Plaintext ?? []);
    } catch (error) {
      throw masterFault(error, `key ${ref} could not be unwrapped`);
    }
  };
  return {
    async wrap(ref, key) {
      const command = new EncryptCommand({ KeyId: keyId, Plaintext: key, EncryptionContext: contextOf(ref) });
      const { CiphertextBlob } = await kms.send(command).catch((error: unknown) => {
        throw masterFault(error, `key ${ref} could not be wrapped`);
      });
      return Buffer.from(CiphertextBlob ?? []).toString('base64');
    },
    async unwrap(ref, wrapped) {
      tidy();
      const known = kept.get(wrapped);
      if (known?.ref === ref) return Buffer.from(await known.key);
      const key = decrypt(ref, wrapped);
      kept.set(wrapped, { ref, key, until: now() + keptMs });
      key.catch(() => kept.delete(wrapped));
      return Buffer.from(await key);
    },
    forget(ref) {
      for (const [wrapped, each] of kept) if (each.ref === ref) drop(wrapped);
    },
  };
}

/** Faults of KMS as Tenure's own. A key of KMS that is not there must not read as a key of Tenure that was destroyed. */
export function masterFault(error: unknown, what: string): TenureError {
  const { name, message } = awsFault(error);
  const text = `${what}: ${message || name}`;
  const detail = { cause: error, details: { fault: name } };
  if (/^(?:InvalidCiphertext|IncorrectKey)/.test(name)) {
    return new CorruptError(`${what}: it was altered, or another master key wrapped it (${name})`, {
      ...detail,
      hint: 'Compare the master key in the settings with the one that the home was deployed with.',
    });
  }
  if (name === 'NotFoundException') {
    return new BlockedError(text, { ...detail, hint: 'The key of KMS that the settings name does not exist here.' });
  }
  return translated(error, what);
}
