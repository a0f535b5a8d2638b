import { describe, expect, it } from 'vitest';
import { sayValue } from '../../src/documents/certificate-values.ts';

describe('values of the signed content, said in a language', () => {
  it.each([
    [
      'overwrite pass 2 of 3 (zeros)',
      'sobrescritura, pasada 2 de 3 (ceros)',
      'Überschreiben, Durchgang 2 von 3 (Nullen)',
    ],
    [
      'live: directory /srv/a, b; c',
      'datos activos: directorio /srv/a, b; c',
      'aktive Daten: Verzeichnis /srv/a, b; c',
    ],
    [
      '46 overwritten, 1 unlinked-only; 12345 bytes',
      '46 sobrescritos, 1 solo desvinculados; 12345 bytes',
      '46 überschrieben, 1 nur der Name entfernt; 12345 Byte',
    ],
    [
      '38 copies, 412 stored objects removed, 0 left',
      '38 copias, 412 objetos almacenados suprimidos, 0 restantes',
      '38 Kopien, 412 gespeicherte Objekte entfernt, 0 verblieben',
    ],
    [
      '50 keys, each acknowledged as gone',
      '50 claves, desaparición confirmada de cada una',
      '50 Schlüssel, jeweils als fort bestätigt',
    ],
    [
      'overwriting adds a version: all versions removed instead',
      'sobrescribir añade una versión: en su lugar se suprimieron todas las versiones',
      'Überschreiben fügt eine Version hinzu: stattdessen wurden alle Versionen entfernt',
    ],
    ['7 deleted, 2 locked; 41 bytes', '7 suprimidos, 2 bloqueados; 41 bytes', '7 entfernt, 2 gesperrt; 41 Byte'],
    ['nothing there; 0 bytes', 'no había nada; 0 bytes', 'nichts vorhanden; 0 Byte'],
  ])('%s', (value, es, de) => {
    expect(sayValue(value, 'en')).toBe(value);
    expect(sayValue(value, 'es')).toBe(es);
    expect(sayValue(value, 'de')).toBe(de);
  });

  it.each(['shredding of two tapes, by hand', 'Protocol 2026-118', '', '3 keys, kept in a drawer'])(
    'leaves a person’s own words alone: %s',
    (value) => {
      expect(sayValue(value, 'es')).toBe(value);
      expect(sayValue(value, 'de')).toBe(value);
    },
  );
});
