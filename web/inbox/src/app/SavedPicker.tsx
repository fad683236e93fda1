// The saved replies of the composer, loaded when they are asked for: found by
// typing, shown as they will read in this conversation, put in by Enter.

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useId, useState, type ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useMe } from "../data";
import { noted, useFields } from "../fields";
import type { Then } from "../outbox";
import { actions, applyActions, fillIn, find, inWords, isNothing, together, useSaved, wire, type SavedReply } from "../saved";
import { useWords } from "../savedwords";
import type { Conversation, Party } from "../types";
import { Button, Chip, IconButton } from "../ui/controls";
import { refuse, toast } from "../ui/signals";
import { PlaceLink } from "./PlaceLink";

export interface Picked {
  readonly text: string;
  readonly locale: string;
  /** What the draft does when it is sent, with what this reply does. Absent: as before. */
  readonly then?: (before: Then | undefined) => Then;
}

export default function SavedPicker({
  conversation: c,
  to,
  cc,
  onPick,
  onClose,
}: {
  conversation: Conversation;
  to: readonly Party[];
  cc: readonly Party[];
  onPick: (p: Picked) => void;
  onClose: () => void;
}): ReactNode {
  const w = useWords();
  const { me } = useMe();
  const { fields } = useFields();
  const { saved, loading, error } = useSaved();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [locale, setLocale] = useState("");
  const id = useId();
  const found = find(saved.items, typed, me?.teams.map((t) => t.id) ?? []);
  const active = found[Math.min(at, found.length - 1)];
  const filled = useQuery({
    queryKey: ["filled-in", c.id, active?.id ?? "", active?.version ?? 0, locale, to, cc],
    enabled: active !== undefined && active.texts.length > 0,
    staleTime: 0,
    gcTime: 60_000,
    retry: false,
    queryFn: () => fillIn(c.id, active?.id ?? "", locale, to, cc),
  });
  const choose = (r: SavedReply | undefined): void => {
    if (!r) return;
    if (r.texts.length === 0) {
      onClose();
      void applyActions(c.id, r.actions).then((reason) => {
        if (reason === "") toast(`${r.name}: #${c.number}`);
        else refuse(c.id, reason);
      });
    } else if (r === active && filled.data && !filled.isFetching) {
      onPick({
        text: filled.data.text,
        locale: filled.data.locale,
        ...(isNothing(r.actions) ? {} : { then: (before) => wire(together(actions(before), r.actions)) }),
      });
    } else setAt(found.indexOf(r)); // its text is on the way, or refused: shown beside
  };
  const move = (to_: number): void => {
    setLocale("");
    setAt(Math.max(0, Math.min(found.length - 1, to_)));
  };
  return (
    <ModalOverlay
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      className="floats fixed inset-0 z-50 flex items-start justify-center bg-backdrop p-4 pt-[12vh] max-md:p-0"
    >
      <Modal className="max-h-full w-full max-w-3xl overflow-hidden rounded-lg bg-raised shadow-float max-md:h-full max-md:rounded-none">
        <Dialog className="flex max-h-[70vh] flex-col outline-none! max-md:h-full max-md:max-h-full">
          <Heading slot="title" className="sr-only">
            {w.title}
          </Heading>
          <div className="flex shrink-0 items-center border-b border-line">
            <input
              role="combobox"
              aria-label={w.find}
              aria-expanded="true"
              aria-controls={`${id}-list`}
              aria-activedescendant={active ? `${id}-${active.id}` : undefined}
              aria-autocomplete="list"
              // eslint-disable-next-line jsx-a11y/no-autofocus -- it was asked for, and is the first field of a dialog
              autoFocus
              value={typed}
              placeholder={w.find}
              autoComplete="off"
              className="h-12 min-w-0 flex-1 bg-transparent px-4 text-base text-text outline-none! placeholder:text-muted"
              onChange={(e) => {
                setTyped(e.target.value);
                move(0);
              }}
              onKeyDown={(e) => {
                if (e.nativeEvent.isComposing) return;
                if (e.key === "ArrowDown") move(at + 1);
                else if (e.key === "ArrowUp") move(at - 1);
                else if (e.key === "Enter") choose(active);
                else return;
                e.preventDefault();
              }}
            />
            <IconButton icon={X} label={w.close} keys="Esc" className="me-2" onPress={onClose} />
          </div>
          {error ? (
            <p role="alert" className="p-4 text-sm text-red-text">
              {error.message}
            </p>
          ) : (
            <div className="flex min-h-0 flex-1 max-md:flex-col">
              <div id={`${id}-list`} role="listbox" aria-label={w.title} className="min-h-0 w-72 shrink-0 overflow-auto border-e border-line p-1 max-md:w-full max-md:flex-1 max-md:border-e-0">
                {found.map((r, i) => (
                  // The keys are those of the field that points at it.
                  // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
                  <div
                    key={r.id}
                    id={`${id}-${r.id}`}
                    role="option"
                    aria-selected={r === active}
                    className={`flex min-h-11 cursor-default flex-col justify-center rounded px-3 py-1 ${r === active ? "bg-selected" : "hover:bg-hover"}`}
                    onPointerMove={() => {
                      if (r !== active) move(i);
                    }}
                    onClick={() => choose(r)}
                  >
                    <span className="truncate text-sm">{r.name}</span>
                    {(r.folder !== "" || r.ownerId !== "") && (
                      <span className="truncate text-xs text-muted">{[r.folder, r.ownerId === "" ? "" : w.yours].filter((x) => x !== "").join(" · ")}</span>
                    )}
                  </div>
                ))}
              </div>
              <div aria-live="polite" className="min-h-40 min-w-0 flex-1 overflow-auto p-4 max-md:border-t max-md:border-line">
                {!active ? (
                  loading ? null : (
                    <p className="text-sm text-muted">
                      {saved.items.length === 0 ? w.noneSaved : w.noneFits}
                      <PlaceLink to="/settings/replies" className="text-accent-text underline underline-offset-2">
                        {w.write}
                      </PlaceLink>
                    </p>
                  )
                ) : (
                  <>
                    {active.texts.length > 1 && (
                      <div className="mb-2 flex flex-wrap gap-1">
                        {active.texts.map((t) => (
                          <Button
                            key={t.locale}
                            aria-pressed={filled.data?.locale === t.locale}
                            className={`h-7! text-xs! ${filled.data?.locale === t.locale ? "bg-selected font-medium" : ""}`}
                            onPress={() => setLocale(t.locale)}
                          >
                            {t.locale === "" ? w.anyLanguage : t.locale}
                          </Button>
                        ))}
                      </div>
                    )}
                    {filled.error ? (
                      <p role="alert" className="text-sm text-red-text">
                        {filled.error.message}
                      </p>
                    ) : (
                      <p lang={filled.data?.locale || undefined} className="text-base whitespace-pre-wrap">
                        {filled.data?.text ?? ""}
                      </p>
                    )}
                    {!isNothing(active.actions) && (
                      <p className="mt-3 flex flex-wrap items-center gap-1 text-xs text-muted">
                        {active.texts.length > 0 ? w.whenSent : w.atOnce}
                        {[...inWords(active.actions, me), ...noted(fields, active.actions.fields)].map((x) => (
                          <Chip key={x}>{x}</Chip>
                        ))}
                      </p>
                    )}
                  </>
                )}
              </div>
            </div>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
