import { randomBytes, type ScryptOptions, scrypt } from 'node:crypto';
import fs from 'node:fs';
import { dirname } from 'node:path';
import { CorruptError, InvalidError, NotFoundError } from '../../domain/errors.ts';
import { faultCode, translateFault } from './fs-faults.ts';
import { syncFolder } from './secret-files.ts';

/** Where the master key comes from: a file with 32 random bytes (base64url), or something that people can remember. */
export type MasterSource = { keyFile: string } | { passphrase: string };

/** How it comes about, kept with the keyring so that the parameters may grow. */
export type Derivation = { name: 'none' } | { name: 'scrypt'; N: number; r: number; p: number; salt: string };

/** RFC 7914; N = 2¹⁷, r = 8, p = 1 is OWASP's first choice (Password Storage Cheat Sheet): 128 MiB, some 0.3 s. */
const scryptParameters = { N: 2 ** 17, r: 8, p: 1 };
/** Above this a damaged file would have the machine run out of memory. */
const mostMemory = 1024 ** 3;

/** Draws the parameters for a new keyring. */
export function drawDerivation(source: MasterSource): Derivation {
  if ('keyFile' in source) return { name: 'none' };
  return { name: 'scrypt', ...scryptParameters, salt: randomBytes(16).toString('base64url') };
}

/**
 * The master key, 32 bytes.
 *
 * @throws InvalidError for an empty passphrase, the wrong kind of source, or a key file that others may read;
 *   NotFoundError, CorruptError for the key file
 */
export async function masterKey(source: MasterSource, derivation: Derivation): Promise<Buffer> {
  if ('keyFile' in source) {
    if (derivation.name !== 'none') throw new InvalidError('this keyring opens with a passphrase, not with a key file');
    return readKeyFile(source.keyFile);
  }
  if (derivation.name !== 'scrypt') throw new InvalidError('this keyring opens with a key file, not with a passphrase');
  // The same letters typed on another keyboard are the same passphrase (RFC 8265, OpaqueString).
  const passphrase = source.passphrase.normalize('NFC');
  if (passphrase === '') throw new InvalidError('the passphrase is empty');
  const { N, r, p, salt } = derivation;
  const maxmem = 128 * N * r * p + 1024 ** 2;
  if (!(maxmem <= mostMemory)) throw new CorruptError('the keyring asks for more memory than any passphrase needs');
  return derive(passphrase, Buffer.from(salt, 'base64url'), { N, r, p, maxmem });
}

/** Writes a key file (0600) with a fresh key when there is none; it is durable when this returns. */
export function ensureKeyFile(path: string): void {
  if (fs.existsSync(path)) return;
  const temp = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const fd = fs.openSync(temp, 'wx', 0o600);
    try {
      fs.writeSync(fd, `${randomBytes(32).toString('base64url')}\n`);
      fs.fsyncSync(fd);
    } finally {
      fs.closeSync(fd);
    }
    // Two that make a home at the same moment must end with one key: a rename would replace the other's.
    fs.linkSync(temp, path);
    syncFolder(dirname(path));
  } catch (error) {
    if (faultCode(error) !== 'EEXIST') throw translateFault(error, `cannot write the key file ${path}`);
  } finally {
    fs.rmSync(temp, { force: true });
  }
}

function readKeyFile(path: string): Buffer {
  let text: string;
  try {
    if ((fs.statSync(path).mode & 0o077) !== 0) {
      throw new InvalidError(`the key file ${path} can be read by others`, {
        hint: `Make it private: chmod 600 ${path}`,
      });
    }
    text = fs.readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (faultCode(error) === 'ENOENT') throw new NotFoundError(`the key file ${path} does not exist`);
    throw translateFault(error, `cannot read the key file ${path}`);
  }
  const key = Buffer.from(text, 'base64url');
  if (key.length !== 32 || key.toString('base64url') !== text) {
    throw new CorruptError(`the key file ${path} does not hold 32 bytes in base64url`);
  }
  return key;
}

function derive(passphrase: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}
