import { startOfDay } from '../../domain/calendar.ts';
import type { CaseWords } from './case-words.ts';

/** The page of a case in English. */
export const english: CaseWords = {
  title: (id) => `Erasure case ${id}`,
  intro: {
    'customer-request': 'You asked us to erase data. This page shows how far that is and what you can do.',
    'non-payment': 'We have announced that data will be erased because invoices are unpaid.',
    obsolete: 'We have announced that data will be erased because they are no longer needed.',
  },
  standing: {
    'waits-for-code': ({ confirmation }, say) => ({
      head: 'Waiting for your code',
      text: `We have mailed a code to the address on file. Nothing is erased unless it is entered here${confirmation?.codeExpiresAt === undefined ? '' : `, at the latest on ${say.dateTime(confirmation.codeExpiresAt)}`}.`,
    }),
    'code-gone': () => ({
      head: 'The code no longer counts',
      text: 'It has expired or was entered wrongly too often. Nothing is erased. Ask for a new code if the request still stands.',
    }),
    'not-noticed': () => ({
      head: 'Announced soon',
      text: 'The case is open. The period begins only when our notice has reached you; nothing is erased before.',
    }),
    undeliverable: () => ({
      head: 'Our notice did not reach you',
      text: 'The period has not begun, and nothing is erased until a notice arrives. Please tell us an address at which we reach you.',
    }),
    notified: ({ clock }, say) => ({
      head: 'The period is running',
      text:
        clock === undefined
          ? 'You can still respond.'
          : `You can respond until ${say.dateTime(clock.dueAt)}. Nothing is erased before ${say.dateTime(clock.destroyFrom)}.`,
    }),
    objected: () => ({
      head: 'Your objection is being looked at',
      text: 'The period stands still. Nothing is erased until the matter is settled.',
    }),
    promised: ({ until }, say) => ({
      head: 'A payment was promised',
      text: `The period stands still${until === undefined ? '' : ` until ${say.dateTime(until)}`}. Nothing is erased meanwhile.`,
    }),
    kept: ({ until }, say) => ({
      head: 'The data are kept',
      text: `As you wished, nothing is erased${until === undefined ? '' : ` until ${say.dateTime(until)}`}. Afterwards the whole notice begins anew.`,
    }),
    'awaiting-approval': ({ clock }, say) => ({
      head: 'The period is over',
      text: `A second person on our side still has to agree${clock === undefined ? '' : `; nothing is erased before ${say.dateTime(clock.destroyFrom)}`}. You can still respond.`,
    }),
    due: ({ clock }, say) => ({
      head: 'The period is over',
      text: `The erasure begins ${clock === undefined ? 'soon' : `on or after ${say.dateTime(clock.destroyFrom)}`}. Until then you can still respond.`,
    }),
    held: () => ({
      head: 'The data are held',
      text: 'The law or a proceeding demands that these data be preserved for now. As long as that lasts nothing is erased.',
    }),
    preparing: () => ({
      head: 'The erasure is being prepared',
      text: 'Nothing has been destroyed yet. That may happen any moment; then it cannot be stopped.',
    }),
    erasing: ({ begunAt }, say) => ({
      head: 'The data are being erased',
      text: `The erasure began${begunAt === undefined ? '' : ` on ${say.dateTime(begunAt)}`}. It can be neither stopped nor undone. You will get a certificate at the end.`,
    }),
    remainder: () => ({
      head: 'Erased except for a remainder',
      text: 'Some copies cannot be removed yet. They are listed below, and we try again until they are gone.',
    }),
    erased: ({ certificate }, say) => ({
      head: 'The data are erased',
      text: `The erasure is complete${certificate === undefined ? '' : ` and was certified on ${say.dateTime(certificate.issuedAt)}`}. The certificate says what was done where.`,
    }),
    'taken-back': ({ endedAt }, say) => ({
      head: 'Cancelled',
      text: `You cancelled this case${endedAt === undefined ? '' : ` on ${say.dateTime(endedAt)}`}. Nothing of it is erased.`,
    }),
    'called-off': ({ endedAt }, say) => ({
      head: 'Cancelled',
      text: `We cancelled this case${endedAt === undefined ? '' : ` on ${say.dateTime(endedAt)}`}. Nothing of it is erased.`,
    }),
    paid: ({ endedAt }, say) => ({
      head: 'Paid, and therefore cancelled',
      text: `Your payment arrived${endedAt === undefined ? '' : ` on ${say.dateTime(endedAt)}`}. Nothing of this case is erased.`,
    }),
    lapsed: ({ endedAt }, say) => ({
      head: 'Not confirmed, and therefore ended',
      text: `The code was not entered in time${endedAt === undefined ? '' : `; the case ended on ${say.dateTime(endedAt)}`}. Nothing is erased.`,
    }),
  },
  held: 'The data are held: the law or a proceeding demands that they be preserved for now. As long as that lasts nothing is erased.',
  obstaclesHead: 'What still stands in the way',
  obstacles: {
    approval: 'A second person on our side has to agree first.',
    authority: 'We still have to record on what authority we may erase.',
    system: 'We have stopped erasures for a check of our own. Nothing is erased meanwhile.',
  },
  daysLeft: (days, say) =>
    days > 0
      ? `${say.count(days, 'day')} left to respond`
      : days === 0
        ? 'The last day to respond is today'
        : 'The period to respond is over',
  sections: {
    what: 'What is to be erased',
    whatGone: 'What was erased',
    whatKept: 'What it was about',
    when: 'When',
    why: 'Why, and on whose authority',
    delivered: 'What was delivered to you',
    ways: 'What you can do',
    course: 'What has happened so far',
    remainder: 'What could not be erased yet',
    certificate: 'The certificate',
  },
  labels: {
    case: 'Case',
    customer: 'Customer',
    scope: 'Data',
    copies: 'Backup copies',
    reason: 'Reason',
    authority: 'Authority',
    invoices: 'Open invoices',
    due: 'You may respond until',
    from: 'First destruction, not before',
    days: 'Days left',
    opened: 'Opened on',
    number: 'Number',
    issued: 'Issued on',
    digest: 'Digest (SHA-256)',
    objects: 'Erased',
    until: 'Stands still until',
  },
  copies: (copies) => `${copies}, in every place where they are kept`,
  ownInstruction: ({ confirmation }, say) =>
    confirmation?.confirmedAt === undefined
      ? 'Your own instruction, once it is confirmed by the code'
      : `Your own instruction, confirmed by the code on ${say.dateTime(confirmation.confirmedAt)}`,
  noClock: {
    'customer-request': ({ coolingOffDays }, say) =>
      `No date is set yet. From the confirmation you have ${say.period(coolingOffDays)} to take the request back; only after that is anything erased.`,
    'non-payment': ({ noticeDays }, say) =>
      `No date is set at present. From a notice that reaches you, you have ${say.period(noticeDays)}; only after that is anything erased.`,
    obsolete: ({ noticeDays }, say) =>
      `No date is set at present. From a notice that reaches you, you have ${say.period(noticeDays)}; only after that is anything erased.`,
  },
  nothingDelivered: 'No notice has been sent yet.',
  channels: { mail: 'By e-mail', 'registered-mail': 'By registered mail', post: 'By post' },
  delivery: (channel, to) => (to === undefined ? channel : `${channel} to ${to}`),
  planned: 'Prepared',
  levels: {
    relayed: 'Handed over for delivery',
    accepted: 'Taken by the recipient’s server',
    acknowledged: 'Acknowledged',
  },
  bounced: 'Came back undelivered',
  ways: {
    confirm: {
      heading: 'Confirm the request',
      text: ({ coolingOffDays }, say) =>
        `With the code you confirm that the data are to be erased. You then have ${say.period(coolingOffDays)} to take that back.`,
      label: 'Code from the mail',
      hint: 'Eight letters and digits. Upper and lower case make no difference.',
      button: 'Confirm the erasure',
      done: 'Your request is confirmed. The cooling-off period has begun.',
    },
    'new-code': {
      heading: 'Get a new code',
      text: () => 'We mail a new code to the address on file. The one before no longer counts.',
      button: 'Mail a new code',
      done: 'A new code is on its way to the address on file.',
    },
    object: {
      heading: 'Object',
      text: () => 'The period stands still until the matter is settled. Nothing is erased meanwhile.',
      label: 'Your reasons (optional)',
      hint: 'At most 2,000 characters.',
      button: 'Object',
      done: 'Your objection has arrived. The period stands still.',
    },
    'keep-until': {
      heading: 'Keep the data longer',
      text: () => 'Nothing is erased until the end of the day that you name. Afterwards the whole notice begins anew.',
      label: 'Keep until',
      hint: 'A day that is not past.',
      button: 'Keep the data',
      done: 'The data are kept until the day that you named.',
    },
    extend: {
      heading: 'Put the erasure off',
      text: () => 'The period ends on the day that you name instead. It can only be made longer.',
      label: 'New last day to respond',
      hint: 'A day after the present one.',
      button: 'Put it off',
      done: 'The erasure is put off.',
    },
    cancel: {
      heading: 'Cancel',
      text: ({ reason }) =>
        reason === 'customer-request'
          ? 'You take your request back, and nothing is erased.'
          : 'The case ends, and nothing is erased.',
      label: 'A note to us (optional)',
      hint: 'At most 2,000 characters.',
      button: 'Cancel the erasure',
      done: 'The case is cancelled. Nothing is erased.',
    },
  },
  pay: {
    heading: 'Pay',
    text: 'Payment of the open invoices that reaches us before the erasure begins cancels it.',
    quote: (invoices) => `Please quote with the payment: ${invoices}.`,
    ask: (reach) => `For the ways to pay, write to ${reach}.`,
    button: 'Pay now',
    leads: (host) => `Leads to ${host}.`,
  },
  export: {
    heading: 'Get a copy first',
    text: ({ sources, bytes }, say) =>
      `Until the erasure begins you can download your data: the newest copy of ${sources.join(', ')}, as a ZIP file with a folder for each source, ${say.bytes(bytes)} before compression. The download goes on record.`,
    without: (names, reach) =>
      `Not in it: ${names}, of which we hold no copy that can be downloaded. Write to ${reach}.`,
    ask: (reach) => `Before anything is erased you can have a complete copy of your data. Write to ${reach}.`,
    button: 'Download a copy (ZIP)',
    preparing: 'Your copy is being prepared. Press “Download a copy” again in a few minutes.',
    ready: 'Your copy is ready; the link holds for five minutes.',
    fetch: 'Fetch the file',
  },
  otherwise: (reach) => `You can also reach us at ${reach}.`,
  nothingToDo: 'There is nothing more to do here.',
  respond: 'What you can do about it',
  or: 'or',
  events: {
    open: 'Case opened',
    authorise: 'Authority recorded',
    'new-code': 'New code mailed',
    confirm: 'Request confirmed with the code',
    'wrong-code': 'A wrong code was entered',
    'notice-sent': 'Notice handed over for delivery',
    'notice-level': 'Notice taken by the recipient',
    'notice-recorded': 'Notice delivered on another way',
    bounce: 'A notice came back undelivered',
    'notify-contact': 'Notice sent again',
    'reminder-sent': 'Reminder sent',
    dispute: 'Dispute recorded; the period stands still',
    promise: 'Payment promised; the period stands still',
    settle: 'Settled; the period goes on',
    'part-paid': 'Part of a payment arrived',
    reversed: 'Payment taken back',
    paid: 'Payment arrived',
    object: 'Objection; the period stands still',
    extend: 'Erasure put off',
    'keep-until': 'Data to be kept longer',
    approve: 'Agreed to by a second person',
    cancel: 'Case cancelled',
    'begin-erasure': 'Erasure prepared',
    'begin-step': 'Destruction began',
    'remainder-found': 'A remainder cannot be erased yet',
    certify: 'Certificate issued',
    close: 'Case closed',
  },
  by: { customer: 'by you', finance: 'by our accounts', operator: 'by us', system: 'automatically' },
  remainder: { intro: 'Everything else is erased. This is left:', until: (when) => `expected to be gone from ${when}` },
  certificate: {
    intro: 'Keep these files unchanged. Anyone can check them, here or without us.',
    pdf: 'Download the certificate (PDF)',
    json: 'Download the certificate (JSON)',
    verify: 'Check a certificate',
  },
  faults: ({ way, code }, view, say) => {
    if (code === 'empty') return 'Enter the code from the mail.';
    if (code === 'wrong') {
      const left = view.confirmation?.triesLeft ?? 0;
      return `This is not the code that was mailed. ${left === 1 ? 'One more try is left.' : `${say.number(left)} more tries are left.`}`;
    }
    if (code === 'gone')
      return 'This code no longer counts: it has expired or was entered wrongly too often. Ask for a new one.';
    if (code === 'no-day') return 'Name a day, as year-month-day (2026-11-30).';
    if (code === 'past') return 'This day is past. Name today or a later day.';
    if (code === 'too-far')
      return `Name ${say.date(startOfDay(view.lastDay, view.timezone))} or an earlier day. Write to us if you need longer.`;
    if (code === 'not-later')
      return `Name a day after the present last day${view.clock === undefined ? '' : ` (${say.date(view.clock.dueAt)})`}.`;
    if (code === 'long') return 'Write at most 2,000 characters.';
    if (way === 'export' && code === 'too-many')
      return 'A copy was downloaded several times today. Try again tomorrow, or write to us.';
    if (code === 'failed') return 'The copy could not be prepared. Try again in a few minutes, or write to us.';
    if (way === 'export' && code === 'not-now')
      return 'No copy can be downloaded any more. Above you see where the case stands.';
    if (code === 'too-many') return 'Too many codes were asked for today. Try again tomorrow, or write to us.';
    if (code === 'stale') return 'This page had been open for too long, so nothing was done. Please send it once more.';
    return way === 'confirm' || way === 'new-code'
      ? 'This case waits for no code any more. Above you see where it stands.'
      : 'This is no longer possible. Above you see where the case stands.';
  },
  faultHead: 'That did not work',
  doneHead: 'Done',
  footer: (company, zone) =>
    `${company} runs this page. All times are in the time zone ${zone}. Keep its address to yourself: whoever has it can act on this case.`,
  gone: {
    head: 'This link leads nowhere',
    text: 'It may be incomplete, or the case may have ended long ago. Open it exactly as it stands in the mail, or write to us.',
  },
  later: {
    head: 'Please try again in a moment',
    text: 'Something does not answer at present. Nothing was changed.',
  },
  tooMany: {
    head: 'Too much at once',
    text: 'More was asked for within a minute than this page answers. Nothing was changed. Please wait a minute and try again.',
  },
  tooLarge: {
    head: 'That is too large',
    text: 'What you sent is larger than this page takes. Nothing was changed.',
  },
};
