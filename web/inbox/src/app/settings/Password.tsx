// The agent's own password, and the devices that are signed in.

import { useState, type ReactNode } from "react";
import { changePassword, signOutEverywhere } from "../../people";
import { end } from "../../session";
import { Button } from "../../ui/controls";
import { Line, Refusal } from "./form";
import { useWords } from "./peoplewords";

export default function Password(): ReactNode {
  const w = useWords();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [refusal, setRefusal] = useState("");
  const [trouble, setTrouble] = useState("");
  const [done, setDone] = useState(false);
  return (
    <>
      <h1 className="text-lg font-semibold">{w.password}</h1>
      <p className="mt-1 max-w-2xl text-sm text-secondary">{w.passwordLead}</p>
      <form
        className="mt-4 flex max-w-sm flex-col gap-4 rounded-md bg-surface p-4"
        onSubmit={(e) => {
          e.preventDefault();
          setDone(false);
          void changePassword(current, next).then((words) => {
            setRefusal(words);
            if (words !== "") return;
            setDone(true);
            setCurrent("");
            setNext("");
          });
        }}
      >
        <Line words={w.current} type="password" value={current} onChange={setCurrent} autoComplete="current-password" />
        <Line words={w.next} help={w.nextHelp} type="password" value={next} onChange={setNext} autoComplete="new-password" />
        <Refusal words={refusal} />
        <p role="status" className="text-sm text-secondary empty:hidden">
          {done && w.changed}
        </p>
        <div>
          <Button look="solid" type="submit" isDisabled={current === "" || next === ""}>
            {w.change}
          </Button>
        </div>
      </form>
      <h2 className="mt-8 text-lg font-semibold">{w.devices}</h2>
      <p className="mt-1 mb-3 max-w-2xl text-sm text-secondary">{w.devicesLead}</p>
      <Button
        look="bad"
        onPress={() =>
          void signOutEverywhere("me").then((words) => {
            setTrouble(words);
            if (words === "") end();
          })
        }
      >
        {w.signOutAll}
      </Button>
      <Refusal words={trouble} />
    </>
  );
}
