import { Check, Copy } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { Button } from "../ui/controls";
import { catalogue } from "../words/language";

const { useWords } = catalogue({ en: { copy: "Copy", copied: "Copied" }, de: { copy: "Kopieren", copied: "Kopiert" } });

/** A value to take along: copied by a press, or selected where the browser forbids it. */
export function CopyLine({ words, value }: { words: string; value: string }): ReactNode {
  const w = useWords();
  const [copied, setCopied] = useState(false);
  const text = useRef<HTMLElement>(null);
  return (
    <div>
      <p className="text-sm">{words}</p>
      <div className="mt-1 flex items-center gap-2">
        <code ref={text} className="min-w-0 flex-1 overflow-x-auto rounded-md bg-sunken px-2 py-1.5 text-xs whitespace-nowrap select-all">
          {value}
        </code>
        <Button
          look="outline"
          onPress={() => {
            void navigator.clipboard.writeText(value).then(
              () => {
                setCopied(true);
                setTimeout(() => setCopied(false), 2000);
              },
              // Not every page may: then what is to be copied is selected.
              () => text.current && getSelection()?.selectAllChildren(text.current),
            );
          }}
        >
          {copied ? <Check size={15} aria-hidden="true" /> : <Copy size={15} aria-hidden="true" />}
          {copied ? w.copied : w.copy}
        </Button>
      </div>
    </div>
  );
}
