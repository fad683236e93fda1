// When somebody is there: the hours of a week, and the days that are closed.

import { Minus, Plus, X } from "lucide-react";
import { useId, useRef, useState, type ReactNode } from "react";
import { daysOf } from "../../ics";
import { Button, Chip, IconButton, Trouble } from "../../ui/controls";
import { makeCalendar, saveCalendar, useWorkspace, weekdays, type Calendar, type Holiday, type Hours, type Weekday } from "../../workspace";
import { field, Labelled } from "../SchemaForm";
import { language } from "../../words/language";
import { Saving } from "./Inboxes";
import { words } from "./workspacewords";

export default function OpeningHours(): ReactNode {
  const all = words();
  const w = all.hours;
  const { workspace, error } = useWorkspace();
  const [making, setMaking] = useState(false);
  if (error) return <Trouble words={all.failed} kept={error.message} />;
  if (!workspace) return null;
  return (
    <>
      <div className="flex flex-wrap items-start gap-3">
        <div className="min-w-0 flex-1">
          <h1 className="text-lg font-semibold">{w.title}</h1>
          <p className="mt-1 max-w-2xl text-sm text-secondary">{w.text}</p>
        </div>
        <Button look="solid" onPress={() => setMaking(true)}>
          <Plus size={15} aria-hidden="true" />
          {w.add}
        </Button>
      </div>
      {making && <NewCalendar onDone={() => setMaking(false)} />}
      {workspace.calendars.map((c) => (
        <CalendarForm key={`${c.id} ${c.version}`} of={c} />
      ))}
    </>
  );
}

function NewCalendar({ onDone }: { onDone: () => void }): ReactNode {
  const w = words().hours;
  const [name, setName] = useState("");
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const [refusal, setRefusal] = useState("");
  const ids = { name: useId(), zone: useId() };
  return (
    <form
      className="mt-4 flex flex-wrap items-end gap-4 rounded-md bg-surface px-4 py-4"
      onSubmit={(e) => {
        e.preventDefault();
        void makeCalendar(name.trim(), zone.trim()).then((said) => {
          setRefusal(said);
          if (said === "") onDone();
        });
      }}
    >
      <Labelled id={ids.name} words={w.name}>
        <input id={ids.name} value={name} required maxLength={200} autoComplete="off" className={field} onChange={(e) => setName(e.target.value)} />
      </Labelled>
      <Labelled id={ids.zone} words={w.zone}>
        <input id={ids.zone} value={zone} required autoComplete="off" className={field} onChange={(e) => setZone(e.target.value)} />
      </Labelled>
      <Saving changed={name.trim() !== ""} refusal={refusal} onCancel={onDone} />
    </form>
  );
}

/** When it opens next, in its own zone. */
function opening(at: string, zone: string): string {
  return new Intl.DateTimeFormat(language(), { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: zone }).format(new Date(at));
}

function CalendarForm({ of: c }: { of: Calendar }): ReactNode {
  const w = words().hours;
  const [d, setD] = useState(c);
  const [refusal, setRefusal] = useState("");
  const [took, setTook] = useState<number | null>(null);
  const ids = { name: useId(), zone: useId(), file: useId() };
  const changed = JSON.stringify([d.name, d.zone, d.hours, d.holidays]) !== JSON.stringify([c.name, c.zone, c.hours, c.holidays]);
  const addDays = (days: readonly Holiday[]): number => {
    const fresh = days.filter((n) => !d.holidays.some((h) => h.date === n.date));
    setD({ ...d, holidays: [...d.holidays, ...fresh].sort((a, b) => (a.date < b.date ? -1 : 1)).slice(0, 1000) });
    return fresh.length;
  };
  return (
    <form
      aria-label={c.name}
      className="mt-4 flex flex-col gap-5 rounded-md bg-surface px-4 py-4"
      onSubmit={(e) => {
        e.preventDefault();
        void saveCalendar(d).then(setRefusal);
      }}
    >
      <div className="flex flex-wrap items-end gap-4">
        <Labelled id={ids.name} words={w.name}>
          <input id={ids.name} value={d.name} required maxLength={200} autoComplete="off" className={field} onChange={(e) => setD({ ...d, name: e.target.value })} />
        </Labelled>
        <Labelled id={ids.zone} words={w.zone}>
          <input id={ids.zone} value={d.zone} required autoComplete="off" spellCheck={false} className={field} onChange={(e) => setD({ ...d, zone: e.target.value })} />
        </Labelled>
        <span role="status" className="pb-1.5">
          {changed ? <Chip>{w.unsaved}</Chip> : c.open ? <Chip tone="accent">{w.now}</Chip> : <Chip tone="amber">{c.opens === "" ? w.never : w.next(opening(c.opens, c.zone))}</Chip>}
        </span>
      </div>
      <fieldset>
        <legend className="text-sm font-medium">{w.week}</legend>
        <p className="mt-0.5 mb-2 text-xs text-muted">{w.always}</p>
        <ul className="flex flex-col gap-1.5">
          {weekdays.map((day, i) => (
            <DayHours
              key={day}
              day={day}
              always={d.hours.length === 0}
              hours={d.hours.filter((h) => h.day === day)}
              like={weekdays.slice(0, i).map((x) => d.hours.filter((h) => h.day === x)).findLast((of) => of.length > 0) ?? [{ day, from: "09:00", to: "17:00" }]}
              onChange={(of) => setD({ ...d, hours: weekdays.flatMap((x) => (x === day ? of : d.hours.filter((h) => h.day === x))) })}
            />
          ))}
        </ul>
      </fieldset>
      <fieldset>
        <legend className="mb-2 text-sm font-medium">{w.holidays}</legend>
        {d.holidays.length === 0 ? (
          <p className="text-sm text-muted">{w.noHolidays}</p>
        ) : (
          <ul className="max-h-64 overflow-y-auto rounded-md border border-line">
            {d.holidays.map((h) => (
              <li key={h.date} className="flex items-center gap-3 border-b border-line px-3 last:border-0">
                <span className="figures w-24 shrink-0 text-sm">{h.date}</span>
                <span className="min-w-0 flex-1 truncate text-sm">{h.name}</span>
                <IconButton icon={X} label={w.removeDay(h.date)} onPress={() => setD({ ...d, holidays: d.holidays.filter((o) => o.date !== h.date) })} />
              </li>
            ))}
          </ul>
        )}
        <NewDay onAdd={(h) => addDays([h])} />
        <div className="mt-3">
          <Labelled id={ids.file} words={w.file} help={w.fileHelp}>
            <input
              id={ids.file}
              type="file"
              accept=".ics,text/calendar"
              aria-describedby={`${ids.file}-help`}
              className="block w-full max-w-xl rounded-md border border-line-strong bg-surface p-1.5 text-sm file:me-3 file:rounded-md file:border-0 file:bg-hover file:px-2.5 file:py-1 file:text-text"
              onChange={(e) => {
                const file = e.target.files?.[0];
                e.target.value = "";
                if (file) void file.text().then((text) => setTook(addDays(daysOf(text, new Date()))));
              }}
            />
          </Labelled>
          <p role="status" className="mt-1 text-sm text-secondary empty:hidden">
            {took === null ? "" : took === 0 ? w.fileNone : w.fileTook(took)}
          </p>
        </div>
      </fieldset>
      <Saving changed={changed} refusal={refusal} />
    </form>
  );
}

function DayHours({
  day,
  hours,
  always,
  like,
  onChange,
}: {
  day: Weekday;
  hours: readonly Hours[];
  /** No day has any hours: then it is open at all times. */
  always: boolean;
  /** What a day without hours begins with: those of the day before it that has some. */
  like: readonly Hours[];
  onChange: (of: Hours[]) => void;
}): ReactNode {
  const w = words().hours;
  const name = w.days[day];
  const time = (h: Hours, i: number, end: "from" | "to"): ReactNode => (
    <input
      aria-label={end === "from" ? w.from(name) : w.to(name)}
      value={h[end]}
      required
      pattern="([01][0-9]|2[0-3]):[0-5][0-9]|24:00"
      inputMode="numeric"
      autoComplete="off"
      className={`${field} figures w-18!`}
      onChange={(e) => onChange(hours.map((x, j) => (j === i ? { ...x, [end]: e.target.value } : x)))}
    />
  );
  return (
    <li className="flex flex-wrap items-center gap-2">
      <span className={`w-24 shrink-0 text-sm ${hours.length > 0 ? "max-md:w-full" : ""}`}>{name}</span>
      {hours.length === 0 && <span className="text-sm text-muted">{always ? w.allDay : w.closed}</span>}
      {hours.map((h, i) => (
        <span key={i} className="flex items-center gap-1">
          {time(h, i, "from")}
          <span aria-hidden="true">–</span>
          {time(h, i, "to")}
          <IconButton icon={Minus} label={w.less(name)} onPress={() => onChange(hours.filter((_, j) => j !== i))} />
        </span>
      ))}
      <IconButton icon={Plus} label={w.more(name)} onPress={() => onChange(hours.length === 0 ? like.map((h) => ({ ...h, day })) : [...hours, { day, from: hours[hours.length - 1]?.to ?? "13:00", to: "24:00" }])} />
    </li>
  );
}

function NewDay({ onAdd }: { onAdd: (h: Holiday) => void }): ReactNode {
  const w = words().hours;
  const [date, setDate] = useState("");
  const [name, setName] = useState("");
  const first = useRef<HTMLInputElement>(null);
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      <input ref={first} type="date" aria-label={w.day} value={date} className={`${field} w-40!`} onChange={(e) => setDate(e.target.value)} />
      <input aria-label={w.dayName} placeholder={w.dayName} value={name} maxLength={200} className={`${field} w-52!`} onChange={(e) => setName(e.target.value)} />
      <Button
        look="outline"
        isDisabled={date === ""}
        onPress={() => {
          onAdd({ date, name: name.trim() });
          setDate("");
          setName("");
          first.current?.focus();
        }}
      >
        {w.addDay}
      </Button>
    </div>
  );
}
