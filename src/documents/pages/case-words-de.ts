import { startOfDay } from '../../domain/calendar.ts';
import type { CaseWords } from './case-words.ts';

/** The page of a case in German. */
export const german: CaseWords = {
  title: (id) => `Löschvorgang ${id}`,
  intro: {
    'customer-request':
      'Sie haben verlangt, dass wir Daten löschen. Hier sehen Sie, wie weit wir sind und was Sie tun können.',
    'non-payment': 'Wir haben Ihnen die Löschung von Daten angekündigt, weil Rechnungen offen sind.',
    obsolete: 'Wir haben Ihnen die Löschung von Daten angekündigt, weil sie nicht mehr benötigt werden.',
  },
  standing: {
    'waits-for-code': ({ confirmation }, say) => ({
      head: 'Wir warten auf Ihren Code',
      text: `Wir haben einen Code an die hinterlegte Adresse gesandt. Gelöscht wird nur, wenn er hier eingegeben wird${confirmation?.codeExpiresAt === undefined ? '' : `, spätestens am ${say.dateTime(confirmation.codeExpiresAt)}`}.`,
    }),
    'code-gone': () => ({
      head: 'Der Code gilt nicht mehr',
      text: 'Er ist abgelaufen oder wurde zu oft falsch eingegeben. Es wird nichts gelöscht. Wenn Sie bei Ihrem Verlangen bleiben, fordern Sie bitte einen neuen Code an.',
    }),
    'not-noticed': () => ({
      head: 'Die Ankündigung wird vorbereitet',
      text: 'Der Vorgang ist eröffnet. Die Frist beginnt erst, wenn unsere Ankündigung Sie erreicht hat; vorher wird nichts gelöscht.',
    }),
    undeliverable: () => ({
      head: 'Unsere Ankündigung hat Sie nicht erreicht',
      text: 'Die Frist hat nicht begonnen, und es wird nichts gelöscht, bis eine Ankündigung ankommt. Bitte nennen Sie uns eine Adresse, unter der wir Sie erreichen.',
    }),
    notified: ({ clock }, say) => ({
      head: 'Die Frist läuft',
      text:
        clock === undefined
          ? 'Sie können noch antworten.'
          : `Sie können bis ${say.dateTime(clock.dueAt)} antworten. Vor ${say.dateTime(clock.destroyFrom)} wird nichts gelöscht.`,
    }),
    objected: () => ({
      head: 'Ihr Widerspruch wird geprüft',
      text: 'Die Frist ruht. Bis zur Klärung wird nichts gelöscht.',
    }),
    promised: ({ until }, say) => ({
      head: 'Eine Zahlung ist zugesagt',
      text: `Die Frist ruht${until === undefined ? '' : ` bis ${say.dateTime(until)}`}. Solange wird nichts gelöscht.`,
    }),
    kept: ({ until }, say) => ({
      head: 'Die Daten werden aufbewahrt',
      text: `Wie von Ihnen gewünscht, wird nichts gelöscht${until === undefined ? '' : ` bis ${say.dateTime(until)}`}. Danach beginnt die ganze Frist von Neuem.`,
    }),
    'awaiting-approval': ({ clock }, say) => ({
      head: 'Die Frist ist abgelaufen',
      text: `Bei uns muss noch eine zweite Person zustimmen${clock === undefined ? '' : `; vor ${say.dateTime(clock.destroyFrom)} wird nichts gelöscht`}. Sie können noch antworten.`,
    }),
    due: ({ clock }, say) => ({
      head: 'Die Frist ist abgelaufen',
      text: `Die Löschung beginnt ${clock === undefined ? 'in Kürze' : `frühestens ${say.dateTime(clock.destroyFrom)}`}. Bis dahin können Sie noch antworten.`,
    }),
    held: () => ({
      head: 'Die Daten sind gesperrt',
      text: 'Das Gesetz oder ein Verfahren verlangt, dass diese Daten vorerst erhalten bleiben. Solange das so ist, wird nichts gelöscht.',
    }),
    preparing: () => ({
      head: 'Die Löschung wird vorbereitet',
      text: 'Noch ist nichts vernichtet. Das kann jederzeit geschehen; dann lässt es sich nicht mehr anhalten.',
    }),
    erasing: ({ begunAt }, say) => ({
      head: 'Die Daten werden gelöscht',
      text: `Die Löschung hat begonnen${begunAt === undefined ? '' : ` (${say.dateTime(begunAt)})`}. Sie lässt sich weder anhalten noch rückgängig machen. Am Ende erhalten Sie ein Zertifikat.`,
    }),
    remainder: () => ({
      head: 'Gelöscht bis auf einen Rest',
      text: 'Einige Kopien lassen sich noch nicht löschen. Sie sind unten aufgeführt; wir versuchen es erneut, bis sie weg sind.',
    }),
    erased: ({ certificate }, say) => ({
      head: 'Die Daten sind gelöscht',
      text: `Die Löschung ist abgeschlossen${certificate === undefined ? '' : ` und wurde am ${say.dateTime(certificate.issuedAt)} bescheinigt`}. Das Zertifikat sagt, was wo getan wurde.`,
    }),
    'taken-back': ({ endedAt }, say) => ({
      head: 'Abgesagt',
      text: `Sie haben diesen Vorgang${endedAt === undefined ? '' : ` am ${say.dateTime(endedAt)}`} zurückgezogen. Es wird nichts davon gelöscht.`,
    }),
    'called-off': ({ endedAt }, say) => ({
      head: 'Abgesagt',
      text: `Wir haben diesen Vorgang${endedAt === undefined ? '' : ` am ${say.dateTime(endedAt)}`} abgesagt. Es wird nichts davon gelöscht.`,
    }),
    paid: ({ endedAt }, say) => ({
      head: 'Bezahlt und damit abgesagt',
      text: `Ihre Zahlung ist${endedAt === undefined ? '' : ` am ${say.dateTime(endedAt)}`} eingegangen. Es wird nichts von diesem Vorgang gelöscht.`,
    }),
    lapsed: ({ endedAt }, say) => ({
      head: 'Nicht bestätigt und damit beendet',
      text: `Der Code wurde nicht rechtzeitig eingegeben${endedAt === undefined ? '' : `; der Vorgang endete am ${say.dateTime(endedAt)}`}. Es wird nichts gelöscht.`,
    }),
  },
  held: 'Die Daten sind gesperrt: Das Gesetz oder ein Verfahren verlangt, dass sie vorerst erhalten bleiben. Solange das so ist, wird nichts gelöscht.',
  obstaclesHead: 'Was noch im Weg steht',
  obstacles: {
    approval: 'Bei uns muss zuvor eine zweite Person zustimmen.',
    authority: 'Wir müssen noch festhalten, auf welcher Grundlage wir löschen dürfen.',
    system: 'Wir haben Löschungen für eine eigene Prüfung angehalten. Solange wird nichts gelöscht.',
  },
  daysLeft: (days, say) =>
    days > 0
      ? `Noch ${say.count(days, 'day')} Zeit zu antworten`
      : days === 0
        ? 'Heute ist der letzte Tag, um zu antworten'
        : 'Die Frist zum Antworten ist abgelaufen',
  sections: {
    what: 'Was gelöscht werden soll',
    whatGone: 'Was gelöscht wurde',
    whatKept: 'Worum es ging',
    when: 'Wann',
    why: 'Warum und auf welcher Grundlage',
    delivered: 'Was Ihnen zugestellt wurde',
    ways: 'Was Sie tun können',
    course: 'Was bisher geschehen ist',
    remainder: 'Was noch nicht gelöscht werden konnte',
    certificate: 'Das Zertifikat',
  },
  labels: {
    case: 'Vorgang',
    customer: 'Kunde',
    scope: 'Daten',
    copies: 'Sicherungskopien',
    reason: 'Grund',
    authority: 'Grundlage',
    invoices: 'Offene Rechnungen',
    due: 'Antwort möglich bis',
    from: 'Erste Vernichtung, frühestens',
    days: 'Verbleibende Tage',
    opened: 'Eröffnet am',
    number: 'Nummer',
    issued: 'Ausgestellt am',
    digest: 'Prüfsumme (SHA-256)',
    objects: 'Gelöscht',
    until: 'Ruht bis',
  },
  copies: (copies) => `${copies}, an allen Orten, an denen sie aufbewahrt werden`,
  ownInstruction: ({ confirmation }, say) =>
    confirmation?.confirmedAt === undefined
      ? 'Ihre eigene Anweisung, sobald sie mit dem Code bestätigt ist'
      : `Ihre eigene Anweisung, mit dem Code bestätigt am ${say.dateTime(confirmation.confirmedAt)}`,
  noClock: {
    'customer-request': ({ coolingOffDays }, say) =>
      `Noch steht kein Termin fest. Ab der Bestätigung haben Sie eine Bedenkzeit von ${say.period(coolingOffDays)}; erst danach wird etwas gelöscht.`,
    'non-payment': ({ noticeDays }, say) =>
      `Derzeit steht kein Termin fest. Ab einer Ankündigung, die Sie erreicht, haben Sie eine Frist von ${say.period(noticeDays)}; erst danach wird etwas gelöscht.`,
    obsolete: ({ noticeDays }, say) =>
      `Derzeit steht kein Termin fest. Ab einer Ankündigung, die Sie erreicht, haben Sie eine Frist von ${say.period(noticeDays)}; erst danach wird etwas gelöscht.`,
  },
  nothingDelivered: 'Es wurde noch keine Ankündigung versandt.',
  channels: { mail: 'Per E-Mail', 'registered-mail': 'Per Einschreiben', post: 'Per Post' },
  delivery: (channel, to) => (to === undefined ? channel : `${channel} an ${to}`),
  planned: 'Vorbereitet',
  levels: {
    relayed: 'Zur Zustellung übergeben',
    accepted: 'Vom Server des Empfängers angenommen',
    acknowledged: 'Empfang bestätigt',
  },
  bounced: 'Unzustellbar zurückgekommen',
  ways: {
    confirm: {
      heading: 'Das Verlangen bestätigen',
      text: ({ coolingOffDays }, say) =>
        `Mit dem Code bestätigen Sie, dass die Daten gelöscht werden sollen. Danach haben Sie eine Bedenkzeit von ${say.period(coolingOffDays)}, um das zurückzunehmen.`,
      label: 'Code aus der E-Mail',
      hint: 'Acht Buchstaben und Ziffern. Groß- und Kleinschreibung ist gleich.',
      button: 'Löschung bestätigen',
      done: 'Ihr Verlangen ist bestätigt. Die Bedenkzeit hat begonnen.',
    },
    'new-code': {
      heading: 'Einen neuen Code anfordern',
      text: () => 'Wir senden einen neuen Code an die hinterlegte Adresse. Der vorige gilt dann nicht mehr.',
      button: 'Neuen Code senden',
      done: 'Ein neuer Code ist an die hinterlegte Adresse unterwegs.',
    },
    object: {
      heading: 'Widersprechen',
      text: () => 'Die Frist ruht bis zur Klärung. Solange wird nichts gelöscht.',
      label: 'Ihre Gründe (freiwillig)',
      hint: 'Höchstens 2000 Zeichen.',
      button: 'Widersprechen',
      done: 'Ihr Widerspruch ist eingegangen. Die Frist ruht.',
    },
    'keep-until': {
      heading: 'Die Daten länger aufbewahren',
      text: () =>
        'Bis zum Ende des Tages, den Sie nennen, wird nichts gelöscht. Danach beginnt die ganze Frist von Neuem.',
      label: 'Aufbewahren bis',
      hint: 'Ein Tag, der nicht vergangen ist.',
      button: 'Daten aufbewahren',
      done: 'Die Daten werden bis zum genannten Tag aufbewahrt.',
    },
    extend: {
      heading: 'Die Löschung aufschieben',
      text: () => 'Die Frist endet stattdessen an dem Tag, den Sie nennen. Sie lässt sich nur verlängern.',
      label: 'Neuer letzter Tag zum Antworten',
      hint: 'Ein Tag nach dem jetzigen.',
      button: 'Aufschieben',
      done: 'Die Löschung ist aufgeschoben.',
    },
    cancel: {
      heading: 'Zurückziehen',
      text: ({ reason }) =>
        reason === 'customer-request'
          ? 'Sie nehmen Ihr Verlangen zurück, und es wird nichts gelöscht.'
          : 'Der Vorgang endet, und es wird nichts gelöscht.',
      label: 'Eine Nachricht an uns (freiwillig)',
      hint: 'Höchstens 2000 Zeichen.',
      button: 'Löschung absagen',
      done: 'Der Vorgang ist abgesagt. Es wird nichts gelöscht.',
    },
  },
  pay: {
    heading: 'Zahlen',
    text: 'Gehen die offenen Beträge ein, bevor die Löschung beginnt, wird sie abgesagt.',
    quote: (invoices) => `Bitte geben Sie bei der Zahlung an: ${invoices}.`,
    ask: (reach) => `Wie Sie zahlen können, erfahren Sie unter ${reach}.`,
    button: 'Jetzt zahlen',
    leads: (host) => `Führt zu ${host}.`,
  },
  export: {
    heading: 'Vorher eine Kopie erhalten',
    text: ({ sources, bytes }, say) =>
      `Bis die Löschung beginnt, können Sie Ihre Daten herunterladen: die neueste Kopie von ${sources.join(', ')}, als ZIP-Datei mit einem Ordner je Quelle, ${say.bytes(bytes)} vor der Kompression. Der Abruf wird protokolliert.`,
    without: (names, reach) =>
      `Nicht enthalten: ${names}; davon haben wir keine Kopie, die sich herunterladen lässt. Schreiben Sie an ${reach}.`,
    ask: (reach) =>
      `Bevor etwas gelöscht wird, können Sie eine vollständige Kopie Ihrer Daten bekommen. Schreiben Sie an ${reach}.`,
    button: 'Kopie herunterladen (ZIP)',
    preparing: 'Ihre Kopie wird vorbereitet. Drücken Sie in einigen Minuten noch einmal auf „Kopie herunterladen“.',
    ready: 'Ihre Kopie liegt bereit; der Link gilt fünf Minuten.',
    fetch: 'Datei abrufen',
  },
  otherwise: (reach) => `Sie erreichen uns auch unter ${reach}.`,
  nothingToDo: 'Hier ist nichts mehr zu tun.',
  respond: 'Was Sie dazu tun können',
  or: 'oder',
  events: {
    open: 'Vorgang eröffnet',
    authorise: 'Grundlage festgehalten',
    'new-code': 'Neuer Code gesandt',
    confirm: 'Verlangen mit dem Code bestätigt',
    'wrong-code': 'Ein falscher Code wurde eingegeben',
    'notice-sent': 'Ankündigung zur Zustellung übergeben',
    'notice-level': 'Ankündigung vom Empfänger angenommen',
    'notice-recorded': 'Ankündigung auf anderem Weg zugestellt',
    bounce: 'Eine Ankündigung kam unzustellbar zurück',
    'notify-contact': 'Ankündigung erneut versandt',
    'reminder-sent': 'Erinnerung versandt',
    dispute: 'Forderung bestritten; die Frist ruht',
    promise: 'Zahlung zugesagt; die Frist ruht',
    settle: 'Geklärt; die Frist läuft weiter',
    'part-paid': 'Eine Teilzahlung ist eingegangen',
    reversed: 'Zahlung zurückgebucht',
    paid: 'Die Zahlung ist eingegangen',
    object: 'Widerspruch; die Frist ruht',
    extend: 'Löschung aufgeschoben',
    'keep-until': 'Daten werden länger aufbewahrt',
    approve: 'Zustimmung einer zweiten Person',
    cancel: 'Vorgang abgesagt',
    'begin-erasure': 'Löschung vorbereitet',
    'begin-step': 'Die Vernichtung hat begonnen',
    'remainder-found': 'Ein Rest lässt sich noch nicht löschen',
    certify: 'Zertifikat ausgestellt',
    close: 'Vorgang abgeschlossen',
  },
  by: { customer: 'durch Sie', finance: 'durch unsere Buchhaltung', operator: 'durch uns', system: 'selbsttätig' },
  remainder: {
    intro: 'Alles andere ist gelöscht. Übrig ist:',
    until: (when) => `voraussichtlich weg ab ${when}`,
  },
  certificate: {
    intro: 'Bewahren Sie diese Dateien unverändert auf. Jeder kann sie prüfen, hier oder ohne uns.',
    pdf: 'Zertifikat herunterladen (PDF)',
    json: 'Zertifikat herunterladen (JSON)',
    verify: 'Ein Zertifikat prüfen',
  },
  faults: ({ way, code }, view, say) => {
    if (code === 'empty') return 'Geben Sie den Code aus der E-Mail ein.';
    if (code === 'wrong') {
      const left = view.confirmation?.triesLeft ?? 0;
      return `Das ist nicht der Code, den wir gesandt haben. ${left === 1 ? 'Es bleibt ein Versuch.' : `Es bleiben ${say.number(left)} Versuche.`}`;
    }
    if (code === 'gone')
      return 'Dieser Code gilt nicht mehr: Er ist abgelaufen oder wurde zu oft falsch eingegeben. Fordern Sie einen neuen an.';
    if (code === 'no-day') return 'Nennen Sie einen Tag als Jahr-Monat-Tag (2026-11-30).';
    if (code === 'past') return 'Dieser Tag ist vergangen. Nennen Sie heute oder einen späteren Tag.';
    if (code === 'too-far')
      return `Nennen Sie den ${say.date(startOfDay(view.lastDay, view.timezone))} oder einen früheren Tag. Schreiben Sie uns, wenn Sie länger brauchen.`;
    if (code === 'not-later')
      return `Nennen Sie einen Tag nach dem jetzigen letzten Tag${view.clock === undefined ? '' : ` (${say.date(view.clock.dueAt)})`}.`;
    if (code === 'long') return 'Schreiben Sie höchstens 2000 Zeichen.';
    if (way === 'export' && code === 'too-many')
      return 'Heute wurde schon mehrmals eine Kopie abgerufen. Versuchen Sie es morgen wieder, oder schreiben Sie uns.';
    if (code === 'failed')
      return 'Die Kopie ließ sich nicht vorbereiten. Versuchen Sie es in einigen Minuten wieder, oder schreiben Sie uns.';
    if (way === 'export' && code === 'not-now')
      return 'Es lässt sich keine Kopie mehr herunterladen. Oben sehen Sie, wie der Vorgang steht.';
    if (code === 'too-many')
      return 'Heute wurden zu viele Codes angefordert. Versuchen Sie es morgen wieder, oder schreiben Sie uns.';
    if (code === 'stale')
      return 'Diese Seite war zu lange geöffnet; es ist nichts geschehen. Bitte senden Sie es noch einmal ab.';
    return way === 'confirm' || way === 'new-code'
      ? 'Dieser Vorgang wartet auf keinen Code mehr. Oben sehen Sie, wie er steht.'
      : 'Das ist nicht mehr möglich. Oben sehen Sie, wie der Vorgang steht.';
  },
  faultHead: 'Das hat nicht geklappt',
  doneHead: 'Erledigt',
  footer: (company, zone) =>
    `Diese Seite betreibt ${company}. Alle Zeiten gelten in der Zeitzone ${zone}. Behalten Sie die Adresse für sich: Wer sie hat, kann in diesem Vorgang handeln.`,
  gone: {
    head: 'Dieser Link führt ins Leere',
    text: 'Vielleicht ist er unvollständig, oder der Vorgang ist lange beendet. Öffnen Sie ihn genau so, wie er in der E-Mail steht, oder schreiben Sie uns.',
  },
  later: {
    head: 'Bitte versuchen Sie es gleich noch einmal',
    text: 'Etwas antwortet gerade nicht. Es wurde nichts geändert.',
  },
  tooMany: {
    head: 'Zu viel auf einmal',
    text: 'Innerhalb einer Minute wurde mehr abgefragt, als diese Seite beantwortet. Es wurde nichts geändert. Bitte warten Sie eine Minute und versuchen Sie es noch einmal.',
  },
  tooLarge: {
    head: 'Das ist zu groß',
    text: 'Was Sie gesendet haben, ist größer, als diese Seite annimmt. Es wurde nichts geändert.',
  },
};
