import type { Locale } from '../domain/tenant.ts';

type Rule = readonly [pattern: RegExp, es: string, de: string];

/** Places, operations and whole sentences as the program records them. `$1` … stand for what was matched. */
const sentences: readonly Rule[] = [
  [/^live: directory (.+)$/s, 'datos activos: directorio $1', 'aktive Daten: Verzeichnis $1'],
  [/^live: (.+)$/s, 'datos activos: $1', 'aktive Daten: $1'],
  [/^copies: primary, (.+)$/s, 'copias: lugar primario, $1', 'Kopien: primärer Ort, $1'],
  [/^copies: primary$/, 'copias: lugar primario', 'Kopien: primärer Ort'],
  [/^copies: (.+)$/s, 'copias: $1', 'Kopien: $1'],
  [/^keys: replica (.+)$/s, 'claves: réplica $1', 'Schlüssel: Replik $1'],
  [/^keys$/, 'claves', 'Schlüssel'],
  [/^directory$/, 'directorio', 'Verzeichnis'],
  [
    /^Tenure itself: catalog, executions, scratch, outbox$/,
    'Tenure: catálogo, ejecuciones, zona temporal, bandeja de salida',
    'Tenure selbst: Katalog, Läufe, Zwischenablage, Postausgang',
  ],
  [/^all places above$/, 'todos los lugares anteriores', 'alle vorstehenden Orte'],
  [
    /^overwrite pass (\d+) of (\d+) \(random\)$/,
    'sobrescritura, pasada $1 de $2 (aleatoria)',
    'Überschreiben, Durchgang $1 von $2 (Zufall)',
  ],
  [
    /^overwrite pass (\d+) of (\d+) \(zeros\)$/,
    'sobrescritura, pasada $1 de $2 (ceros)',
    'Überschreiben, Durchgang $1 von $2 (Nullen)',
  ],
  [
    /^overwrite pass (\d+) of (\d+) \(ones\)$/,
    'sobrescritura, pasada $1 de $2 (unos)',
    'Überschreiben, Durchgang $1 von $2 (Einsen)',
  ],
  [/^delete$/, 'supresión', 'Entfernen'],
  [/^delete copies$/, 'supresión de las copias', 'Entfernen der Kopien'],
  [
    /^rewrite copies without the chosen paths, destroy their former keys$/,
    'reescritura de las copias sin las rutas elegidas y destrucción de sus claves anteriores',
    'Neuschreiben der Kopien ohne die gewählten Pfade, Vernichten der früheren Schlüssel',
  ],
  [
    /^destroy keys \(cryptographic erasure of every copy\)$/,
    'destrucción de las claves (borrado criptográfico de todas las copias)',
    'Vernichten der Schlüssel (kryptografisches Löschen jeder Kopie)',
  ],
  [/^remove traces of the scope$/, 'supresión de los rastros', 'Entfernen der Spuren'],
  [/^sweep for survivors$/, 'búsqueda de restos', 'Suche nach Resten'],
  [
    /^(\d+) entries \((\d+) bytes\) erased from (\d+) copies$/,
    '$1 entradas ($2 bytes) eliminadas de $3 copias',
    '$1 Einträge ($2 Byte) aus $3 Kopien gelöscht',
  ],
  [
    /^the same content stays under (\d+) other paths that were not chosen$/,
    'el mismo contenido permanece en otras $1 rutas no elegidas',
    'derselbe Inhalt bleibt unter $1 anderen, nicht gewählten Pfaden',
  ],
  [
    /^copy-on-write file system: attempted, not verifiable$/,
    'sistema de archivos de copia en escritura: intentada, no comprobable',
    'Copy-on-write-Dateisystem: versucht, nicht prüfbar',
  ],
  [
    /^solid-state device, it writes elsewhere: attempted, not verifiable$/,
    'unidad de estado sólido, que escribe en otro lugar: intentada, no comprobable',
    'SSD, die an anderer Stelle schreibt: versucht, nicht prüfbar',
  ],
  [
    /^virtual disk, the host's medium is not known: attempted, not verifiable$/,
    'disco virtual, se desconoce el soporte del anfitrión: intentada, no comprobable',
    'virtuelle Platte, Medium des Wirts unbekannt: versucht, nicht prüfbar',
  ],
  [
    /^medium not known: attempted, not verifiable$/,
    'soporte desconocido: intentada, no comprobable',
    'Medium unbekannt: versucht, nicht prüfbar',
  ],
  [
    /^sparse or compressed file: attempted, not verifiable$/,
    'archivo disperso o comprimido: intentada, no comprobable',
    'Datei mit Lücken oder komprimiert: versucht, nicht prüfbar',
  ],
  [
    /^read back from the page cache only: attempted, not verifiable$/,
    'releído solo desde la caché: intentada, no comprobable',
    'nur aus dem Seitencache zurückgelesen: versucht, nicht prüfbar',
  ],
  [
    /^it has further names outside the scope$/,
    'tiene otros nombres fuera del alcance',
    'weitere Namen außerhalb des Umfangs',
  ],
  [
    /^another name of a file that was overwritten$/,
    'otro nombre de un archivo sobrescrito',
    'weiterer Name einer überschriebenen Datei',
  ],
  [/^nothing found$/, 'no se encontró nada', 'nichts gefunden'],
  [/^nothing there$/, 'no había nada', 'nichts vorhanden'],
  [/^overwrite in place$/, 'sobrescritura en el mismo lugar', 'Überschreiben an Ort und Stelle'],
  [
    /^truncate, rename and unlink; delete$/,
    'truncado, cambio de nombre y desvinculación; supresión',
    'Kürzen, Umbenennen und Entfernen des Namens; Löschen',
  ],
  [
    /^rename, truncate and unlink; delete$/,
    'cambio de nombre, truncado y desvinculación; supresión',
    'Umbenennen, Kürzen und Entfernen des Namens; Löschen',
  ],
  [
    /^cryptographic erasure: destruction of AES-256 keys in every replica$/,
    'borrado criptográfico: destrucción de claves AES-256 en todas las réplicas',
    'kryptografisches Löschen: Vernichten von AES-256-Schlüsseln in jeder Replik',
  ],
  [
    /^rewriting of copies under new keys$/,
    'reescritura de las copias con claves nuevas',
    'Neuschreiben der Kopien unter neuen Schlüsseln',
  ],
  [
    /^every place listed was read again and searched for what should be gone$/,
    'se volvió a leer cada lugar indicado en busca de lo que debía haber desaparecido',
    'jeder aufgeführte Ort wurde erneut gelesen und nach dem durchsucht, was fort sein muss',
  ],
  [
    /^sealed evidence of notices and the ledger of this case$/,
    'pruebas selladas de los avisos y registro de este expediente',
    'versiegelte Belege der Ankündigungen und das Protokoll dieses Vorgangs',
  ],
  [
    /^kept to prove the erasure; holds no content of the data$/,
    'se conservan para demostrar la eliminación; no contienen los datos',
    'bleiben als Nachweis der Löschung erhalten; enthalten nichts vom Inhalt der Daten',
  ],
  [
    /^snapshots and backups of the machine itself, made by other software$/,
    'instantáneas y copias de la propia máquina hechas por otros programas',
    'Snapshots und Sicherungen der Maschine selbst durch andere Programme',
  ],
  [/^outside of what Tenure can see$/, 'fuera de lo que Tenure puede ver', 'außerhalb dessen, was Tenure sehen kann'],
  [
    /^live data of sources that were gone before$/,
    'datos activos de fuentes que ya no existían',
    'aktive Daten von Quellen, die es schon nicht mehr gab',
  ],
  [/^nothing was there to erase$/, 'no había nada que eliminar', 'es war nichts zu löschen'],
  [
    /^the inventory of (\d+) entries of copies$/,
    'el inventario de $1 entradas de copias',
    'das Verzeichnis von $1 Einträgen aus Kopien',
  ],
  [
    /^their manifests were damaged; they were erased with all others$/,
    'sus manifiestos estaban dañados; se eliminaron con todas las demás',
    'ihre Verzeichnisse waren beschädigt; sie wurden mit allen anderen gelöscht',
  ],
  [/^overwriting left out$/, 'sin sobrescritura', 'ohne Überschreiben'],
  [
    /^overwriting adds a version: all versions removed instead$/,
    'sobrescribir añade una versión: en su lugar se suprimieron todas las versiones',
    'Überschreiben fügt eine Version hinzu: stattdessen wurden alle Versionen entfernt',
  ],
  [/^removal of all versions$/, 'supresión de todas las versiones', 'Entfernen aller Versionen'],
  [/^look at the place$/, 'examen del lugar', 'Betrachten des Ortes'],
  [/^writes to (\S+)$/, 'escrituras en $1', 'Schreibzugriffe auf $1'],
  [/^replicas of (\S+)$/, 'réplicas de $1', 'Replikate von $1'],
  [/^were possible during the erasure$/, 'eran posibles durante la eliminación', 'waren während der Löschung möglich'],
  [/^versioning: on$/, 'versiones: activadas', 'Versionierung: ein'],
  [
    /^versioning: suspended: earlier versions remain$/,
    'versiones: suspendidas; las anteriores se conservan',
    'Versionierung: ausgesetzt; frühere Versionen bleiben',
  ],
  [/^versioning: never switched on$/, 'versiones: nunca activadas', 'Versionierung: nie eingeschaltet'],
  [
    /^S3 Object Lock \((\w+)\) keeps a version$/,
    'S3 Object Lock ($1) conserva una versión',
    'S3 Object Lock ($1) hält eine Version',
  ],
  [
    /^an S3 legal hold, which has no end, keeps a version$/,
    'una retención legal de S3, sin fecha de fin, conserva una versión',
    'eine rechtliche Sperre (S3 Legal Hold) ohne Ende hält eine Version',
  ],
  [/^Tenure, unattended$/, 'Tenure, proceso automático', 'Tenure, unbeaufsichtigt'],
  [/^the store did not remove them$/, 'el almacén no los suprimió', 'der Speicher hat sie nicht entfernt'],
  [/^it is still there$/, 'sigue ahí', 'es ist noch da'],
  [/^a replica still holds them$/, 'una réplica aún las conserva', 'eine Replik hält sie noch'],
  [/^exported key$/, 'clave exportada', 'exportierter Schlüssel'],
  [/^object version$/, 'versión de un objeto', 'Objektversion'],
];

/** Pieces of lists such as `46 overwritten, 1 unlinked-only`. */
const counts: readonly Rule[] = [
  [/^(\d+) overwritten$/, '$1 sobrescritos', '$1 überschrieben'],
  [/^(\d+) deleted$/, '$1 suprimidos', '$1 entfernt'],
  [/^(\d+) unlinked-only$/, '$1 solo desvinculados', '$1 nur der Name entfernt'],
  [/^(\d+) absent$/, '$1 ausentes', '$1 nicht vorhanden'],
  [/^(\d+) locked$/, '$1 bloqueados', '$1 gesperrt'],
  [/^(\d+) failed$/, '$1 fallidos', '$1 fehlgeschlagen'],
  [/^(\d+) bytes$/, '$1 bytes', '$1 Byte'],
  [/^(\d+) copies$/, '$1 copias', '$1 Kopien'],
  [/^(\d+) stored objects$/, '$1 objetos almacenados', '$1 gespeicherte Objekte'],
  [/^(\d+) stored objects removed$/, '$1 objetos almacenados suprimidos', '$1 gespeicherte Objekte entfernt'],
  [/^(\d+) left$/, '$1 restantes', '$1 verblieben'],
  [/^(\d+) objects$/, '$1 objetos', '$1 Objekte'],
  [/^(\d+) keys$/, '$1 claves', '$1 Schlüssel'],
  [/^each acknowledged as gone$/, 'desaparición confirmada de cada una', 'jeweils als fort bestätigt'],
  [/^(\d+) rows$/, '$1 filas', '$1 Zeilen'],
  [/^(\d+) scratch folders$/, '$1 carpetas temporales', '$1 Zwischenordner'],
  [/^(\d+) mails kept for relaying$/, '$1 correos pendientes de envío', '$1 zur Weitergabe aufbewahrte Mails'],
];

/**
 * Says a value of the signed content (English) in a language, where it is one of the program's own. Anything else, a path
 * or a person's words, stays as it is signed.
 */
export function sayValue(value: string, locale: Locale): string {
  if (locale === 'en') return value;
  const whole = sayWith([...sentences, ...counts], value, locale);
  if (whole !== undefined) return whole;
  return value
    .split('; ')
    .map((part) => sayPart(part, locale))
    .join('; ');
}

function sayPart(part: string, locale: 'es' | 'de'): string {
  const whole = sayWith([...sentences, ...counts], part, locale);
  if (whole !== undefined) return whole;
  const pieces = part.split(', ').map((piece) => sayWith(counts, piece, locale));
  // A list is said only as a whole: half a list in another language would be worse than none.
  return pieces.some((piece) => piece === undefined) ? part : pieces.join(', ');
}

function sayWith(rules: readonly Rule[], value: string, locale: 'es' | 'de'): string | undefined {
  const rule = rules.find(([pattern]) => pattern.test(value));
  return rule && value.replace(rule[0], rule[locale === 'es' ? 1 : 2]);
}
