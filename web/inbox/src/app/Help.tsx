import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { useWords } from "../commandwords";
import { bindings, type Binding } from "../keys";
import { IconButton, Kbd, modKey } from "../ui/controls";
import { useWords as usePageWords } from "../words/language";

const groups: readonly Binding["group"][] = ["Move", "Select", "Answer", "Sort out", "Show"];

/** Every key, from the table that binds them. */
export default function Help({ onClose }: { onClose: () => void }): ReactNode {
  const w = useWords();
  return (
    <ModalOverlay
      isOpen
      onOpenChange={(open) => (open ? undefined : onClose())}
      isDismissable
      className="floats fixed inset-0 z-50 flex items-center justify-center bg-backdrop p-4"
    >
      <Modal className="max-h-full w-full max-w-2xl overflow-auto rounded-lg bg-raised shadow-float">
        <Dialog className="p-6 outline-none!">
          {({ close }) => (
            <>
              <div className="mb-4 flex items-center justify-between">
                <Heading slot="title" className="text-lg font-semibold">
                  {w.keysTitle}
                </Heading>
                <IconButton icon={X} label={w.close} keys="Esc" onPress={close} />
              </div>
              <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
                {groups.map((g) => (
                  <Group key={g} name={w.groups[g]}>
                    {bindings
                      .filter((b) => b.group === g)
                      .map((b) => (
                        <Line key={b.command} keys={b.keys} does={w.does[b.command]} />
                      ))}
                  </Group>
                ))}
                <Group name={w.whileWriting}>
                  <Line keys={["Mod Enter"]} does={w.send} />
                  <Line keys={["Esc"]} does={w.leave} />
                </Group>
              </div>
            </>
          )}
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function Group({ name, children }: { name: string; children: ReactNode }): ReactNode {
  return (
    <section>
      <h3 className="mb-1 text-xs text-muted">{name}</h3>
      <dl>{children}</dl>
    </section>
  );
}

function Line({ keys, does }: { keys: readonly string[]; does: string }): ReactNode {
  const w = useWords();
  const { ctrl, escape, enter } = usePageWords().terms;
  // Of what is drawn as keys, what is heard.
  const names: Record<string, string> = { Mod: modKey === "Meta" ? modKey : ctrl, Escape: escape, Enter: enter };
  const heard = keys.map((k) => k.split(" ").map((x) => names[x] ?? x).join(" "));
  return (
    <div className="flex min-h-8 items-center gap-3 border-b border-line py-1 last:border-0">
      <dt className="min-w-0 flex-1 text-sm">{does}</dt>
      <dd className="flex">
        <span className="sr-only">{heard.join(w.or)}</span>
        {keys.map((k) => (
          <Kbd key={k} keys={k} />
        ))}
      </dd>
    </div>
  );
}
