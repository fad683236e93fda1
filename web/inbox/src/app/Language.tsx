// The language of the page: the agent's own choice, on every device.

import { useState, type ReactNode } from "react";
import { changeDesk } from "../tasks";
import { catalogue, follow, language, languageName, languages, useLocale } from "../words/language";

const { useWords } = catalogue({
  en: { title: "Language", lead: "Of this page and of what is mailed to you, on every device.", away: "That language could not be loaded. Check the connection and try again." },
  de: { title: "Sprache", lead: "Dieser Seite und der Mails an dich, auf jedem Gerät.", away: "Diese Sprache war nicht zu laden. Prüfe die Verbindung und versuche es noch einmal." },
});

export function ChooseLanguage({ agent, chosen }: { agent: string; chosen: string }): ReactNode {
  const w = useWords();
  useLocale();
  const [refusal, setRefusal] = useState("");
  const choose = async (next: string): Promise<void> => {
    try {
      await follow(next);
    } catch {
      setRefusal(w.away);
      return;
    }
    const refused = await changeDesk(agent, { locale: next });
    setRefusal(refused);
    if (refused !== "") await follow(chosen);
  };
  return (
    <>
      <h2 className="mt-8 text-lg font-semibold">{w.title}</h2>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.lead}</p>
      <select
        aria-label={w.title}
        value={language()}
        onChange={(e) => void choose(e.target.value)}
        className="mt-3 h-8 rounded-md border border-line-strong bg-surface px-2 text-sm max-md:h-11"
      >
        {languages.map((l) => (
          <option key={l} value={l} lang={l}>
            {languageName[l]}
          </option>
        ))}
      </select>
      <p role="alert" className="mt-1 text-xs text-red-text empty:hidden">
        {refusal}
      </p>
    </>
  );
}
