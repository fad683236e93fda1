// The words of what is to be done: callbacks, follow-ups, and calls that are logged.

import type { CallEntry } from "./tasks";
import { figure, plural } from "./words/figures";
import { catalogue } from "./words/language";

type Outcome = Exclude<CallEntry["disposition"], "failed">;

const en = {
  failed: "It could not be done.",
  callbackDone: "Callback done",
  followUpDone: "Follow-up done",
  missedCalls: (n: number) => (n > 1 ? `${n} missed calls` : "Missed call"),
  you: "You",
  somebody: "Somebody",
  giveTo: "Give to",
  me: "Me",
  nobody: "Nobody",
  giveToSomebody: "Give to somebody",
  givenTo: (who: string) => `Given to ${who}. Change`,
  done: "Done",
  listFailed: "The tasks can't be loaded.",
  none: "Nobody waits for a call.",
  noneMore: "A call that nobody took comes here, and goes by itself when somebody speaks with the caller.",
  followUps: "Follow-ups",
  firstHundred: "These are the first hundred. The rest comes when some are done.",
  callBack: "Call back",
  missedAt: (n: number, last: string) => (n > 1 ? `${n} missed, last ${last}` : `missed ${last}`),
  due: (when: string) => `due ${when}`,
  by: (when: string) => `by ${when}`,
  logTheCall: "Log the call",

  logCall: "Log a call",
  sayWhen: "Say when the call was.",
  whoCalled: "Who called",
  iCalled: "I called them",
  theyCalled: "They called",
  theirNumber: "Their number",
  when: "When",
  howItWent: "How it went",
  outcomeIn: { answered: "We spoke", missed: "Missed", voicemail: "They left a voicemail", busy: "Busy" } satisfies Record<Outcome, string>,
  outcomeOut: { answered: "We spoke", missed: "No answer", voicemail: "Left a voicemail", busy: "Busy" } satisfies Record<Outcome, string>,
  minutes: "Minutes",
  whatItCameTo: "What it came to",
  cancel: "Cancel",

  followUp: "Follow up",
  sayWhat: "Say what is to be done.",
  sayBy: "Say by when.",
  whatToDo: "What is to be done",
  byWhen: "By when",
  who: "Who",
  nobodyYet: "Nobody yet",
  add: "Add",
};

type Words = typeof en;

const de: Words = {
  failed: "Das ließ sich nicht ausführen.",
  callbackDone: "Rückruf erledigt",
  followUpDone: "Wiedervorlage erledigt",
  missedCalls: (n) => plural(Math.max(1, n), { one: "Verpasster Anruf", other: "# verpasste Anrufe" }),
  you: "Du",
  somebody: "Jemand",
  giveTo: "Geben an",
  me: "Mich",
  nobody: "Niemanden",
  giveToSomebody: "Jemandem geben",
  givenTo: (who) => `Bei: ${who}. Ändern`,
  done: "Erledigt",
  listFailed: "Die Aufgaben können nicht geladen werden.",
  none: "Niemand wartet auf einen Anruf.",
  noneMore: "Ein Anruf, den niemand angenommen hat, kommt hierher und verschwindet von selbst, sobald jemand mit dem Anrufer spricht.",
  followUps: "Wiedervorlagen",
  firstHundred: "Das sind die ersten hundert. Der Rest kommt, wenn einige erledigt sind.",
  callBack: "Zurückrufen:",
  missedAt: (n, last) => (n > 1 ? `${figure(n)} verpasst, zuletzt ${last}` : `verpasst ${last}`),
  due: (when) => `fällig ${when}`,
  by: (when) => `bis ${when}`,
  logTheCall: "Anruf festhalten",

  logCall: "Anruf festhalten",
  sayWhen: "Gib an, wann der Anruf war.",
  whoCalled: "Wer rief an",
  iCalled: "Ich habe angerufen",
  theyCalled: "Ich wurde angerufen",
  theirNumber: "Nummer des Kunden",
  when: "Wann",
  howItWent: "Wie es ausging",
  outcomeIn: { answered: "Wir haben gesprochen", missed: "Verpasst", voicemail: "Voicemail hinterlassen", busy: "Besetzt" },
  outcomeOut: { answered: "Wir haben gesprochen", missed: "Keine Antwort", voicemail: "Auf Voicemail gesprochen", busy: "Besetzt" },
  minutes: "Minuten",
  whatItCameTo: "Was er ergab",
  cancel: "Abbrechen",

  followUp: "Wiedervorlage",
  sayWhat: "Gib an, was zu tun ist.",
  sayBy: "Gib an, bis wann.",
  whatToDo: "Was zu tun ist",
  byWhen: "Bis wann",
  who: "Wer",
  nobodyYet: "Noch niemand",
  add: "Hinzufügen",
};

export const { words, useWords } = catalogue({ en, de });
